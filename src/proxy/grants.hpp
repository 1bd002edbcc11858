// The verdict's grants as header fields of an answer.
#pragma once

#include <string_view>

#include "cors/verdict.hpp"
#include "proxy/exchange.hpp"

namespace corsd::proxy {

/// corsd's own contribution to Vary (N20, N28); empty for none.
[[nodiscard]] std::string_view vary_value(cors::VaryGrant vary) noexcept;

/// Adds all grants but Vary and Access-Control-Expose-Headers, which an upstream's own may have to be merged with.
void add_grants(AnswerHead& head, const cors::Grants& grants) noexcept;

}  // namespace corsd::proxy
