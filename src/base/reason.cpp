#include "base/reason.hpp"

namespace corsd {

std::string_view to_string(Reason reason) noexcept {
    switch (reason) {
        case Reason::none:
            return "";
        case Reason::origin_malformed:
            return "origin_malformed";
        case Reason::origin_null:
            return "origin_null";
        case Reason::origin_not_allowed:
            return "origin_not_allowed";
        case Reason::origin_missing:
            return "origin_missing";
        case Reason::origin_repeated:
            return "origin_repeated";
        case Reason::method_not_allowed:
            return "method_not_allowed";
        case Reason::header_not_allowed:
            return "header_not_allowed";
        case Reason::headers_too_many:
            return "headers_too_many";
        case Reason::override_not_allowed:
            return "override_not_allowed";
        case Reason::websocket_origin:
            return "websocket_origin";
        case Reason::unknown_host:
            return "unknown_host";
        case Reason::path_ambiguous:
            return "path_ambiguous";
        case Reason::bad_request:
            return "bad_request";
        case Reason::header_too_large:
            return "header_too_large";
        case Reason::target_too_long:
            return "target_too_long";
        case Reason::body_too_large:
            return "body_too_large";
        case Reason::not_implemented:
            return "not_implemented";
        case Reason::version_not_supported:
            return "version_not_supported";
        case Reason::loop_detected:
            return "loop_detected";
        case Reason::upstream_unreachable:
            return "upstream_unreachable";
        case Reason::upstream_invalid:
            return "upstream_invalid";
        case Reason::upstream_timeout:
            return "upstream_timeout";
        case Reason::upstream_unavailable:
            return "upstream_unavailable";
        case Reason::overloaded:
            return "overloaded";
        case Reason::client_timeout:
            return "client_timeout";
    }
    return "";
}

}  // namespace corsd
