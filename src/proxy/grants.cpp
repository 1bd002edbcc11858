#include "proxy/grants.hpp"

#include "http/vary.hpp"

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

void mark_forwarded(AnswerHead& head, const cors::Verdict& verdict, const std::vector<http::Field>& upstream,
                    MergedValues& merged) {
    if (verdict.upstream_headers == cors::UpstreamTreatment::untouched) return;
    if (verdict.upstream_headers == cors::UpstreamTreatment::replace) {
        add_grants(head, verdict.grants);
        std::string_view expose = verdict.grants.expose_headers;
        if (verdict.merge_expose) {
            merged.expose.clear();
            http::append_merged_expose(merged.expose, upstream, expose);
            expose = merged.expose;
        }
        if (!expose.empty()) head.add("Access-Control-Expose-Headers", expose);
    } else if (!verdict.grants.timing_allow_origin.empty()) {
        // `keep`: the upstream grants reading (N35); who may measure has been configured here, in its place (N46).
        head.add("Timing-Allow-Origin", verdict.grants.timing_allow_origin);
    }
    merged.vary.clear();
    http::append_merged_vary(merged.vary, upstream, vary_value(verdict.grants.vary));
    if (!merged.vary.empty()) head.add("Vary", merged.vary);
}

}  // namespace corsd::proxy
