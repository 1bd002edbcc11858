#include "http/problem.hpp"

#include "base/json_text.hpp"

namespace corsd::http {

std::uint16_t status_of(Reason reason) noexcept {
    switch (reason) {
        case Reason::none:
            return 500;
        case Reason::origin_malformed:
        case Reason::origin_null:
        case Reason::origin_not_allowed:
        case Reason::origin_missing:
        case Reason::method_not_allowed:
        case Reason::header_not_allowed:
        case Reason::headers_too_many:
        case Reason::override_not_allowed:
        case Reason::websocket_origin:
            return 403;
        case Reason::origin_repeated:
        case Reason::path_ambiguous:
        case Reason::bad_request:
            return 400;
        case Reason::unknown_host:
            return 421;
        case Reason::header_too_large:
            return 431;
        case Reason::target_too_long:
            return 414;
        case Reason::body_too_large:
            return 413;
        case Reason::not_implemented:
            return 501;
        case Reason::version_not_supported:
            return 505;
        case Reason::loop_detected:
            return 508;
        case Reason::upstream_unreachable:
        case Reason::upstream_invalid:
            return 502;
        case Reason::upstream_timeout:
            return 504;
        case Reason::upstream_unavailable:
        case Reason::overloaded:
            return 503;
        case Reason::client_timeout:
            return 408;
    }
    return 500;
}

std::string_view reason_phrase(std::uint16_t status) noexcept {
    switch (status) {
        case 100:
            return "Continue";
        case 101:
            return "Switching Protocols";
        case 102:
            return "Processing";
        case 103:
            return "Early Hints";
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 203:
            return "Non-Authoritative Information";
        case 204:
            return "No Content";
        case 205:
            return "Reset Content";
        case 206:
            return "Partial Content";
        case 300:
            return "Multiple Choices";
        case 301:
            return "Moved Permanently";
        case 302:
            return "Found";
        case 303:
            return "See Other";
        case 304:
            return "Not Modified";
        case 307:
            return "Temporary Redirect";
        case 308:
            return "Permanent Redirect";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 406:
            return "Not Acceptable";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 410:
            return "Gone";
        case 411:
            return "Length Required";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 414:
            return "URI Too Long";
        case 415:
            return "Unsupported Media Type";
        case 416:
            return "Range Not Satisfiable";
        case 417:
            return "Expectation Failed";
        case 421:
            return "Misdirected Request";
        case 422:
            return "Unprocessable Content";
        case 426:
            return "Upgrade Required";
        case 428:
            return "Precondition Required";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 502:
            return "Bad Gateway";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        case 505:
            return "HTTP Version Not Supported";
        case 508:
            return "Loop Detected";
        default:
            return "";
    }
}

void append_problem(std::string& out, std::uint16_t status, Reason reason, std::string_view detail) {
    const auto title = reason_phrase(status);
    out += R"({"type":"about:blank","title":)";
    append_json_string(out, title);
    out += R"(,"status":)";
    out += std::to_string(status);
    out += R"(,"reason":)";
    append_json_string(out, to_string(reason));
    if (!detail.empty()) {
        out += R"(,"detail":)";
        append_json_string(out, detail);
    }
    out += "}";
}

}  // namespace corsd::http
