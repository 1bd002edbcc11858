#include "http/forwarded.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "http/list.hpp"
#include "http/target.hpp"

namespace corsd::http {

namespace {

std::string_view valid_proto(std::string_view value) noexcept {
    return ascii::equals_lower(value, "http") || ascii::equals_lower(value, "https") ? value : std::string_view{};
}

std::string_view valid_host(std::string_view value) noexcept {
    Authority ignored;
    return parse_authority(value, ignored) ? value : std::string_view{};
}

/// A node of RFC 7239 section 6, as far as its bytes go: addresses, brackets, ports, obfuscated names.
std::string_view valid_node(std::string_view value) noexcept {
    const bool good = !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
        return ascii::is_alnum(c) || c == '.' || c == ':' || c == '_' || c == '-' || c == '[' || c == ']';
    });
    return good ? value : std::string_view{};
}

/// One line of Forwarded (RFC 7239 section 4): 1#( [pair] *( ";" [pair] ) ). White space around '=' is not allowed.
class ForwardedLine {
  public:
    explicit ForwardedLine(std::string_view text) : rest_(text) {}

    /// The last element that says anything. False when the line is malformed: then all of it counts as absent.
    bool last(ForwardedView& out) noexcept {
        ForwardedView element;
        bool said = false;
        out = {};
        while (true) {
            skip_space();
            if (!rest_.empty() && rest_.front() != ';' && rest_.front() != ',') {
                if (!pair(element)) return false;
                said = true;
                skip_space();
            }
            const bool ends = rest_.empty() || rest_.front() == ',';
            if (!rest_.empty() && rest_.front() != ',' && rest_.front() != ';') return false;
            if (ends && said) out = element;
            if (ends) {
                element = {};
                said = false;
                seen_ = 0;
            }
            if (rest_.empty()) return true;
            rest_.remove_prefix(1);
        }
    }

  private:
    void skip_space() noexcept {
        while (!rest_.empty() && ascii::is_ows(rest_.front()))
            rest_.remove_prefix(1);
    }

    std::string_view token() noexcept {
        std::size_t size = 0;
        while (size < rest_.size() && ascii::is_tchar(rest_[size]))
            ++size;
        const auto found = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return found;
    }

    bool pair(ForwardedView& element) noexcept {
        const auto name = token();
        if (name.empty() || rest_.empty() || rest_.front() != '=') return false;
        rest_.remove_prefix(1);
        std::string_view value;
        if (!read_value(value)) return false;
        if (ascii::equals_lower(name, "proto")) return once(1) && (element.proto = valid_proto(value), true);
        if (ascii::equals_lower(name, "host")) return once(2) && (element.host = valid_host(value), true);
        if (ascii::equals_lower(name, "for")) return once(4) && (element.for_ = valid_node(value), true);
        return true;
    }

    bool read_value(std::string_view& value) noexcept {
        if (rest_.empty() || rest_.front() != '"') {
            value = token();
            return !value.empty();
        }
        const auto end = rest_.find_first_of("\"\\", 1);
        // An escape would have to be taken out of the view; nothing that is valid here needs one.
        if (end == std::string_view::npos || rest_[end] == '\\') return false;
        value = rest_.substr(1, end - 1);
        rest_.remove_prefix(end + 1);
        return true;
    }

    /// RFC 7239 section 4: a parameter occurs once per element.
    bool once(unsigned parameter) noexcept {
        const bool first = (seen_ & parameter) == 0;
        seen_ |= parameter;
        return first;
    }

    std::string_view rest_;
    unsigned seen_ = 0;
};

std::string_view last_element(std::string_view value) noexcept {
    std::string_view last;
    for_each_element(value, [&](std::string_view element) {
        last = element;
        return true;
    });
    return last;
}

}  // namespace

ForwardedView read_forwarded(const std::vector<Field>& fields) noexcept {
    ForwardedView standard;
    ForwardedView usual;
    for (const auto& field : fields) {
        switch (field.id) {
            case FieldId::forwarded:
                if (!ForwardedLine{field.value}.last(standard)) standard = {};
                break;
            case FieldId::x_forwarded_proto:
                usual.proto = valid_proto(last_element(field.value));
                break;
            case FieldId::x_forwarded_host:
                usual.host = valid_host(last_element(field.value));
                break;
            case FieldId::x_forwarded_for:
                usual.for_ = valid_node(last_element(field.value));
                break;
            default:
                break;
        }
    }
    if (standard.proto.empty()) standard.proto = usual.proto;
    if (standard.host.empty()) standard.host = usual.host;
    if (standard.for_.empty()) standard.for_ = usual.for_;
    return standard;
}

}  // namespace corsd::http
