// Merging Vary (RFC 9110 section 12.5.5; policy rule N36).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/field.hpp"

namespace corsd::http {

/// Appends one value for the merged Vary field to `out`: the upstream's lines in their order, without duplicates, then
/// `ours` (a list) unless named already; "*" anywhere makes the whole "*". Appends nothing when all are empty.
/// Allocates only by growing `out`.
void append_merged_vary(std::string& out, const std::vector<Field>& upstream, std::string_view ours);

/// Union of the upstream's Access-Control-Expose-Headers with `ours` (`merge_expose`), case-insensitive, ours first.
void append_merged_expose(std::string& out, const std::vector<Field>& upstream, std::string_view ours);

}  // namespace corsd::http
