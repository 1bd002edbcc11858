#include "proxy/grants.hpp"

namespace corsd::proxy {

std::string_view vary_value(cors::VaryGrant vary) noexcept {
    switch (vary) {
        case cors::VaryGrant::none:
            return "";
        case cors::VaryGrant::origin:
            return "Origin";
        case cors::VaryGrant::preflight:
            return "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
        case cors::VaryGrant::preflight_private_network:
            return "Origin, Access-Control-Request-Method, Access-Control-Request-Headers, "
                   "Access-Control-Request-Private-Network";
    }
    return "";
}

void add_grants(AnswerHead& head, const cors::Grants& grants) noexcept {
    const auto add = [&](std::string_view name, std::string_view value) {
        if (!value.empty()) head.add(name, value);
    };
    add("Access-Control-Allow-Origin", grants.allow_origin);
    add("Access-Control-Allow-Credentials", grants.allow_credentials ? "true" : "");
    add("Access-Control-Allow-Methods", grants.allow_methods);
    add("Access-Control-Allow-Headers", grants.allow_headers);
    add("Access-Control-Max-Age", grants.max_age);
    add("Access-Control-Allow-Private-Network", grants.allow_private_network ? "true" : "");
    add("Timing-Allow-Origin", grants.timing_allow_origin);
}

}  // namespace corsd::proxy
