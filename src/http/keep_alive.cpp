#include "http/keep_alive.hpp"

#include <charconv>
#include <cstdint>

#include "http/list.hpp"

namespace corsd::http {

std::optional<std::chrono::seconds> keep_alive_timeout(std::string_view value) noexcept {
    std::optional<std::chrono::seconds> timeout;
    for_each_element(value, [&](std::string_view element) {
        constexpr std::string_view kName = "timeout";
        const std::size_t equals = element.find('=');
        if (equals == std::string_view::npos) return true;
        if (!ascii::equals_lower(ascii::trim_ows(element.substr(0, equals)), kName)) return true;
        const std::string_view digits = ascii::trim_ows(element.substr(equals + 1));
        std::uint32_t seconds = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
        if (error == std::errc{} && end == digits.data() + digits.size()) timeout = std::chrono::seconds{seconds};
        return !timeout;
    });
    return timeout;
}

}  // namespace corsd::http
