#include "config/load.hpp"

namespace corsd::config {

namespace {

/// A YAML double-quoted scalar (YAML 1.2 section 7.3.1), with C9's dollar doubled where it would start a substitution.
std::string in_quotes(std::string_view text) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string out = "\"";
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) {
            out += "\\x";
            out += kHex[byte >> 4U];
            out += kHex[byte & 0x0fU];
            continue;
        }
        if (c == '"' || c == '\\') out += '\\';
        if (c == '$') out += '$';
        out += c;
    }
    return out + '"';
}

}  // namespace

std::string quick_config(std::string_view upstream, const std::vector<std::string>& origins, std::string_view listen) {
    std::string out;
    if (!listen.empty()) out += "listen: " + in_quotes(listen) + '\n';
    out += "upstream: " + in_quotes(upstream) + '\n';
    out += "resources:\n  /*:\n    origins: [";
    for (std::size_t i = 0; i < origins.size(); ++i)
        out += (i == 0 ? "" : ", ") + in_quotes(origins[i]);
    out += "]\n    methods: [GET, HEAD, POST, PUT, PATCH, DELETE]\n    allow_headers: [Authorization, Content-Type]\n";
    return out;
}

}  // namespace corsd::config
