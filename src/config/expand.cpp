#include "config/expand.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "base/json_text.hpp"

namespace corsd::config {

namespace {

constexpr std::size_t kMaxValueBytes = 1U << 20U;

bool is_name(std::string_view text) noexcept {
    if (text.empty() || ascii::is_digit(text.front())) return false;
    for (const char c : text) {
        if (!ascii::is_alnum(c) && c != '_') return false;
    }
    return true;
}

bool is_plain_text(std::string_view text) noexcept {
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        if (length == 0 || (ascii::is_control(text.front()) && text.front() != '\t')) return false;
        text.remove_prefix(length);
    }
    return true;
}

/// One scalar on its way through; reports at the place inside it.
class Expansion {
  public:
    Expansion(Node& node, Context& context) : node_(node), context_(context) {}

    void run() {
        const std::string_view text = node_.text;
        std::size_t at = 0;
        while (at < text.size() && good_) {
            const std::size_t dollar = text.find('$', at);
            put(text.substr(at, dollar == std::string_view::npos ? dollar : dollar - at), true);
            if (dollar == std::string_view::npos) break;
            const char next = dollar + 1 < text.size() ? text[dollar + 1] : '\0';
            if (next == '{') {
                at = reference(dollar);
            } else {
                put("$", true);
                at = dollar + (next == '$' ? 2 : 1);
            }
        }
        finish();
    }

  private:
    void put(std::string_view text, bool written) {
        out_ += text;
        written_.insert(written_.end(), text.size(), written);
    }

    Diagnostic& fail(std::string_view code, std::size_t at, std::string message) {
        good_ = false;
        return context_.report.error(code, node_.at(at, end_ - at), std::move(message));
    }

    /// Expands the `${…}` at `dollar` and gives the offset after it.
    std::size_t reference(std::size_t dollar) {
        const std::string_view text = node_.text;
        const std::size_t close = text.find('}', dollar);
        end_ = close == std::string_view::npos ? text.size() : close + 1;
        if (close == std::string_view::npos) {
            fail("substitution-unterminated", dollar, "`${` has no closing brace").fix =
                "close it with }, or write $${ for a plain ${";
            return end_;
        }
        const std::string_view inside = text.substr(dollar + 2, close - dollar - 2);
        if (inside.find("${") != std::string_view::npos) {
            fail("substitution-nested", dollar, "substitutions cannot stand inside one another");
        } else if (inside.starts_with("file:")) {
            file(inside.substr(5), dollar);
        } else {
            variable(inside, dollar);
        }
        return end_;
    }

    void variable(std::string_view inside, std::size_t dollar) {
        const std::size_t colon = inside.find(':');
        const std::string_view name = inside.substr(0, colon);
        const std::string_view tail = colon == std::string_view::npos ? std::string_view{} : inside.substr(colon);
        if (!is_name(name) || (!tail.empty() && !tail.starts_with(":-") && !tail.starts_with(":?"))) {
            fail("substitution-syntax", dollar,
                 "`${" + std::string(inside) + "}` is none of the forms that are expanded")
                .fix = "${VAR}, ${VAR:-default}, ${VAR:?message} or ${file:PATH}; $${ for a plain ${";
            return;
        }
        const std::optional<std::string> value = context_.environment.variable(name);
        if (value && (!value->empty() || tail.empty())) {
            put(*value, false);
        } else if (tail.starts_with(":-")) {
            put_default(tail.substr(2));
        } else if (tail.starts_with(":?")) {
            const std::string_view message = tail.substr(2);
            fail("variable-required", dollar,
                 "the variable " + std::string(name) + " is " + (value ? "empty" : "not set") +
                     (message.empty() ? "" : ": " + std::string(message)));
        } else {
            fail("variable-unset", dollar, "the variable " + std::string(name) + " is not set").fix =
                "set it, or give a default: ${" + std::string(name) + ":-…}";
        }
    }

    void put_default(std::string_view text) {
        for (std::size_t at = 0; at < text.size(); ++at) {
            put(text.substr(at, 1), false);
            if (text[at] == '$' && at + 1 < text.size() && text[at + 1] == '$') ++at;
        }
    }

    void file(std::string_view path, std::size_t dollar) {
        std::string problem;
        std::optional<std::string> content = context_.environment.read_file(context_.resolve(path), problem);
        if (!content) {
            fail("substitution-file", dollar, "cannot read " + context_.resolve(path) + ": " + problem);
            return;
        }
        if (content->ends_with('\n')) content->pop_back();
        if (content->ends_with('\r')) content->pop_back();
        put(*content, false);
    }

    void finish() {
        end_ = node_.text.size();
        if (good_ && out_.size() > kMaxValueBytes)
            fail("substitution-value", 0, "the expanded value is larger than 1 MiB");
        if (good_ && !is_plain_text(out_)) {
            fail("substitution-value", 0, "the expanded value holds control characters, line breaks or bad UTF-8");
        }
        if (!good_) {
            node_.kind = Node::Kind::broken;
            return;
        }
        node_.verbatim = node_.verbatim && out_ == node_.text;
        node_.text = std::move(out_);
        node_.written = std::move(written_);
        static constexpr std::array<std::string_view, 4> kNulls{"null", "Null", "NULL", "~"};
        for (const std::string_view null : kNulls) {
            if (!node_.quoted && node_.text == null) node_.kind = Node::Kind::null;  // typed as if written
        }
    }

    Node& node_;
    Context& context_;
    std::string out_;
    std::vector<bool> written_;
    std::size_t end_ = 0;  // of what is being expanded
    bool good_ = true;
};

}  // namespace

namespace {

/// No value of a configuration has use for controls or line breaks, and logs, headers and paths would suffer from them.
/// YAML lets them in by escapes and blocks.
bool refuse_controls(std::string_view text, const SourceSpan& span, Context& context) {
    if (std::none_of(text.begin(), text.end(), [](char c) { return ascii::is_control(c) && c != '\t'; })) return false;
    context.report.error("control-character", span,
                         "a line break or control character, by an escape or in a block of text");
    return true;
}

}  // namespace

void expand(Node& node, Context& context) {
    if (node.kind == Node::Kind::scalar && refuse_controls(node.text, node.span, context))
        node.kind = Node::Kind::broken;
    for (Node& item : node.items)
        expand(item, context);
    for (Entry& entry : node.entries) {
        (void)refuse_controls(entry.key, entry.key_span, context);
        if (entry.key.find("${") != std::string::npos) {
            context.report.error("substitution-in-key", entry.key_span, "`${…}` is expanded in values, not in keys");
        }
        expand(entry.value, context);
    }
    if (node.kind == Node::Kind::scalar && node.text.find('$') != std::string::npos) Expansion(node, context).run();
}

}  // namespace corsd::config
