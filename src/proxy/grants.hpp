// The verdict's grants as header fields of an answer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cors/verdict.hpp"
#include "http/field.hpp"
#include "proxy/answer_head.hpp"

namespace corsd::proxy {

/// corsd's own contribution to Vary (N20, N28); empty for none.
[[nodiscard]] std::string_view vary_value(cors::VaryGrant vary) noexcept;

/// Adds all grants but Vary and Access-Control-Expose-Headers, which an upstream's own may have to be merged with.
void add_grants(AnswerHead& head, const cors::Grants& grants) noexcept;

/// Where merged values live until the head that views them is written.
struct MergedValues {
    std::string vary, expose;
};

/// What corsd adds to an answer of the upstream with these fields: the grants, unless the upstream's own are kept, and
/// Vary (N27 to N29, N35, N36). Nothing in report-only.
void mark_forwarded(AnswerHead& head, const cors::Verdict& verdict, const std::vector<http::Field>& upstream,
                    MergedValues& merged);

}  // namespace corsd::proxy
