// shell_words() of explain_curl.hpp: POSIX.1-2017, Shell Command Language, sections 2.2 and 2.3.
#include <algorithm>
#include <array>
#include <cstdint>

#include "base/ascii.hpp"
#include "cli/explain_curl.hpp"

namespace corsd::cli::explained {

namespace {

void append_utf8(std::string& out, std::uint32_t code) {
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xc0U | (code >> 6U));
        out += static_cast<char>(0x80U | (code & 0x3fU));
    } else if (code < 0x10000) {
        out += static_cast<char>(0xe0U | (code >> 12U));
        out += static_cast<char>(0x80U | ((code >> 6U) & 0x3fU));
        out += static_cast<char>(0x80U | (code & 0x3fU));
    } else {
        out += static_cast<char>(0xf0U | ((code >> 18U) & 0x07U));
        out += static_cast<char>(0x80U | ((code >> 12U) & 0x3fU));
        out += static_cast<char>(0x80U | ((code >> 6U) & 0x3fU));
        out += static_cast<char>(0x80U | (code & 0x3fU));
    }
}

class Splitter {
  public:
    explicit Splitter(std::string_view text) : rest_(text) {}

    [[nodiscard]] Words run() {
        while (!rest_.empty() && result_.problem.empty() && step()) {
        }
        end_word();
        if (!result_.problem.empty()) result_.words.clear();
        return std::move(result_);
    }

  private:
    char take() {
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }
    void end_word() {
        if (in_word_) result_.words.push_back(std::move(word_));
        word_.clear();
        in_word_ = false;
    }
    void put(char c) {
        word_ += c;
        in_word_ = true;
    }

    /// False at the end of the command.
    bool step() {
        const char c = take();
        switch (c) {
            case ' ':
            case '\t':
            case '\r':
                end_word();
                return true;
            case '\n':
                end_word();
                return result_.words.empty();
            case '\'':
                single_quoted();
                return true;
            case '"':
                double_quoted();
                return true;
            case '\\':
                escaped();
                return true;
            case '$':
                dollar();
                return true;
            case '`':
                result_.problem = "a command within the command (`…`) is not run: put its result in its place";
                return false;
            default:
                break;
        }
        if (std::string_view(";|&<>()").find(c) != std::string_view::npos) {
            result_.notes.push_back(std::string("what follows \"") + c + "\" is no part of the command and left out");
            return false;
        }
        put(c);
        return true;
    }

    void escaped() {
        if (rest_.starts_with("\r\n")) rest_.remove_prefix(1);
        if (rest_.empty()) return;
        const char c = take();
        if (c != '\n') put(c);
    }

    void single_quoted() {
        const std::size_t end = rest_.find('\'');
        if (end == std::string_view::npos) return unterminated('\'');
        word_ += rest_.substr(0, end);
        in_word_ = true;
        rest_.remove_prefix(end + 1);
    }

    void double_quoted() {
        in_word_ = true;
        while (!rest_.empty()) {
            const char c = take();
            if (c == '"') return;
            if (c == '\\' && !rest_.empty() &&
                std::string_view("\"\\$`\n").find(rest_.front()) != std::string_view::npos) {
                const char escaped = take();
                if (escaped != '\n') word_ += escaped;
            } else {
                word_ += c;
            }
        }
        unterminated('"');
    }

    void dollar() {
        if (rest_.starts_with('\'')) {
            rest_.remove_prefix(1);
            return dollar_quoted();
        }
        if (rest_.starts_with('(')) {
            result_.problem = "a command within the command, $(…), is not run: put its result in its place";
            return;
        }
        if (!rest_.empty() && (ascii::is_alpha(rest_.front()) || rest_.front() == '{')) {
            result_.notes.emplace_back("shell variables are not replaced: they are taken as they are written");
        }
        put('$');
    }

    void dollar_quoted() {
        in_word_ = true;
        while (!rest_.empty()) {
            const char c = take();
            if (c == '\'') return;
            if (c == '\\' && !rest_.empty()) {
                dollar_escape();
            } else {
                word_ += c;
            }
        }
        unterminated('\'');
    }

    void dollar_escape() {
        static constexpr std::string_view kNames = "abefnrtv", kMeans = "\a\b\x1b\f\n\r\t\v";
        const char c = take();
        if (const std::size_t at = kNames.find(c); at != std::string_view::npos) {
            word_ += kMeans[at];
        } else if (c == 'x') {
            word_ += static_cast<char>(number(16, 2));
        } else if (c == 'u' || c == 'U') {
            append_utf8(word_, number(16, c == 'u' ? 4 : 8));
        } else if (c >= '0' && c <= '7') {
            rest_ = {rest_.data() - 1, rest_.size() + 1};
            word_ += static_cast<char>(number(8, 3));
        } else {
            word_ += c;  // \\ \' \" \?
        }
    }

    [[nodiscard]] std::uint32_t number(std::uint32_t base, std::size_t most) {
        std::uint32_t value = 0;
        for (std::size_t digits = 0; digits < most && !rest_.empty(); ++digits) {
            const int digit = ascii::hex_value(rest_.front());
            if (digit < 0 || static_cast<std::uint32_t>(digit) >= base) break;
            value = value * base + static_cast<std::uint32_t>(digit);
            rest_.remove_prefix(1);
        }
        return value;
    }

    void unterminated(char quote) {
        result_.problem = std::string("the command ends within quotes (") + quote + "): was it pasted whole?";
        rest_ = {};
    }

    std::string_view rest_;
    std::string word_;
    bool in_word_ = false;
    Words result_;
};

}  // namespace

Words shell_words(std::string_view text) {
    return Splitter(text).run();
}

}  // namespace corsd::cli::explained
