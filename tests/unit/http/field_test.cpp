#include <string>
#include <utility>
#include <vector>

#include "base/ascii.hpp"
#include "catch.hpp"
#include "http/field.hpp"

using corsd::http::field_id;
using corsd::http::FieldId;

namespace {

const std::vector<std::pair<std::string, FieldId>> kNames = {
    {"host", FieldId::host},
    {"origin", FieldId::origin},
    {"content-length", FieldId::content_length},
    {"transfer-encoding", FieldId::transfer_encoding},
    {"content-type", FieldId::content_type},
    {"expect", FieldId::expect},
    {"upgrade", FieldId::upgrade},
    {"date", FieldId::date},
    {"server", FieldId::server},
    {"via", FieldId::via},
    {"vary", FieldId::vary},
    {"location", FieldId::location},
    {"cookie", FieldId::cookie},
    {"connection", FieldId::connection},
    {"keep-alive", FieldId::keep_alive},
    {"proxy-connection", FieldId::proxy_connection},
    {"te", FieldId::te},
    {"trailer", FieldId::trailer},
    {"proxy-authenticate", FieldId::proxy_authenticate},
    {"proxy-authorization", FieldId::proxy_authorization},
    {"forwarded", FieldId::forwarded},
    {"x-forwarded-for", FieldId::x_forwarded_for},
    {"x-forwarded-host", FieldId::x_forwarded_host},
    {"x-forwarded-proto", FieldId::x_forwarded_proto},
    {"x-forwarded-port", FieldId::x_forwarded_other},
    {"x-forwarded-prefix", FieldId::x_forwarded_other},
    {"access-control-request-method", FieldId::access_control_request_method},
    {"access-control-request-headers", FieldId::access_control_request_headers},
    {"access-control-request-private-network", FieldId::access_control_request_private_network},
    {"sec-fetch-site", FieldId::sec_fetch_site},
    {"sec-fetch-mode", FieldId::sec_fetch_mode},
    {"x-http-method-override", FieldId::method_override},
    {"x-http-method", FieldId::method_override},
    {"x-method-override", FieldId::method_override},
    {"access-control-allow-origin", FieldId::access_control_allow_origin},
    {"access-control-allow-credentials", FieldId::access_control_allow_credentials},
    {"access-control-expose-headers", FieldId::access_control_expose_headers},
    {"access-control-allow-methods", FieldId::access_control_other},
    {"access-control-allow-headers", FieldId::access_control_other},
    {"access-control-allow-private-network", FieldId::access_control_other},
    {"access-control-allow-something-that-nobody-has-invented-yet", FieldId::access_control_other},
    {"access-control-max-age", FieldId::access_control_other},
    {"timing-allow-origin", FieldId::timing_allow_origin},
};

}  // namespace

TEST_CASE("field names are recognised in any case, and only they") {
    for (const auto& [name, id] : kNames) {
        INFO(name);
        std::string upper = name;
        for (auto& c : upper)
            c = corsd::ascii::to_upper(c);
        CHECK(field_id(name) == id);
        CHECK(field_id(upper) == id);
        for (std::size_t i = 0; i < name.size(); ++i) {
            // One byte changed, as by those who mask with 0x20 or fold '_' and '-', is another name.
            for (const char c : {'_', '\r', '~', '0'}) {
                auto changed = name;
                changed[i] = c;
                const bool open_ended = id == FieldId::x_forwarded_other || id == FieldId::access_control_other;
                if (open_ended || name.compare(0, 12, "x-forwarded-") == 0 ||
                    name.compare(0, 21, "access-control-allow-") == 0) {
                    CHECK((field_id(changed) != id || open_ended));
                } else {
                    CHECK(field_id(changed) == FieldId::other);
                }
            }
        }
    }
    for (const char* name :
         {"", "x", "hos", "hosts", "x-forwarded-", "access-control-allow-", "access-control-request-headerz",
          "user-agent", "accept", "authorization", "transfer_encoding"}) {
        INFO(name);
        CHECK(field_id(name) == FieldId::other);
    }
}
