#include "config/document.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <istream>
#include <streambuf>
#include <unordered_map>

#include "base/ascii.hpp"

namespace corsd::config {

namespace {

/// Ends a parse that goes on for no purpose; the reason has been reported.
struct Stop {};

/// yaml-cpp reads streams; this one views the text instead of copying it.
class ViewBuffer : public std::streambuf {
  public:
    explicit ViewBuffer(std::string_view text) {
        char* start = const_cast<char*>(text.data());  // a get area is never written to
        setg(start, start, start + text.size());
    }
};

constexpr std::array<std::string_view, 4> kNulls{"null", "Null", "NULL", "~"};

class TreeBuilder final : public YAML::EventHandler {
  public:
    TreeBuilder(std::string_view text, std::uint32_t file, Report& report)
        : text_(text), file_(file), report_(report), root_(Node{}) {
        root_.kind = Node::Kind::map;
        root_.span = {file, 1, 1, 0};
    }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (documents_++ == 0) return;
        report_.error("second-document", span(mark, 3), "the file holds a second YAML document; only one is read").fix =
            "remove the line \"---\" (or \"...\") and join the two";
        throw Stop{};
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        refuse_anchor(mark, anchor);
        Node node;
        const bool in_list = !frames_.empty() && frames_.back().node.kind == Node::Kind::sequence;
        const auto* word = std::find_if(kNulls.begin(), kNulls.end(),
                                        [&](std::string_view one) { return raw(mark).starts_with(one); });
        if (word != kNulls.end()) {
            node.span = span(mark, word->size());
        } else {
            node.span = in_list ? unwritten_item(mark) : span(mark, 0);
        }
        add(std::move(node));
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
        report_.error("alias", span(mark, 1), "YAML aliases (*name) are not allowed here").fix =
            "repeat the value, or name a list under `groups:`; an origin that starts with * is written in quotes";
        add(broken(mark));
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        refuse_anchor(mark, anchor);
        const std::string_view source = raw(mark);
        // yaml-cpp calls quoted and block scalars "!" and plain ones "?"; a "!" in the text is a tag of the author's.
        if ((tag != "?" && tag != "!" && !tag.empty()) || (!source.empty() && source.front() == '!')) {
            refuse_tag(mark);
            add(broken(mark));
            return;
        }
        Node node;
        node.kind = Node::Kind::scalar;
        node.quoted = tag == "!";
        node.text = value;
        const std::size_t quote = node.quoted ? 1 : 0;
        node.verbatim = source.size() >= quote + value.size() && source.substr(quote, value.size()) == value &&
                        (!node.quoted || source.front() == '"' || source.front() == '\'');
        node.span = span(mark, node.verbatim ? value.size() + 2 * quote : 1);
        node.text_column = node.span.column + static_cast<std::uint32_t>(quote);
        add(std::move(node));
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value /*style*/) override {
        open(mark, tag, anchor, Node::Kind::sequence);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value /*style*/) override {
        open(mark, tag, anchor, Node::Kind::map);
    }
    void OnMapEnd() override { close(); }

    [[nodiscard]] Node take() { return std::move(root_); }

  private:
    struct Frame {
        Node node;
        std::unordered_map<std::string, SourceSpan> keys;
        Entry pending;
        bool has_key = false;
    };

    [[nodiscard]] std::string_view raw(const YAML::Mark& mark) const noexcept {
        return text_.substr(std::min(text_.size(), static_cast<std::size_t>(std::max(mark.pos, 0))));
    }
    [[nodiscard]] SourceSpan span(const YAML::Mark& mark, std::size_t length) const noexcept {
        return {file_, static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1),
                static_cast<std::uint32_t>(length)};
    }
    /// yaml-cpp places what is not written at the token after it; of a list's element the dash is before it.
    [[nodiscard]] SourceSpan unwritten_item(const YAML::Mark& mark) const noexcept {
        const std::size_t position = text_.size() - raw(mark).size();
        const std::size_t dash = position == 0 ? position : text_.find_last_not_of(" \t\r\n", position - 1);
        if (dash >= position || text_[dash] != '-') return span(mark, 0);
        const std::string_view between = text_.substr(dash, position - dash);
        SourceSpan place = span(mark, 1);
        place.line -= static_cast<std::uint32_t>(std::count(between.begin(), between.end(), '\n'));
        place.column = static_cast<std::uint32_t>(dash - (text_.rfind('\n', dash) + 1) + 1);
        return place;
    }
    [[nodiscard]] Node broken(const YAML::Mark& mark) const {
        Node node;
        node.kind = Node::Kind::broken;
        node.span = span(mark, 1);
        return node;
    }

    void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
        if (anchor == 0) return;
        report_.error("anchor", span(mark, 1), "YAML anchors (&name) are not allowed here").fix =
            "write the value where it is used, or name a list under `groups:`";
    }
    void refuse_tag(const YAML::Mark& mark) {
        report_.error("tag", span(mark, 1), "YAML tags (!name) are not allowed here").fix = "remove the tag";
    }

    void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Node::Kind kind) {
        refuse_anchor(mark, anchor);
        if (tag != "?" && !tag.empty()) refuse_tag(mark);
        if (frames_.size() >= kMaxDepth) {
            report_.error("too-deep", span(mark, 1), "lists and maps are nested more than 32 deep");
            throw Stop{};
        }
        Frame frame;
        frame.node.kind = kind;
        frame.node.span = span(mark, 1);
        frames_.push_back(std::move(frame));
    }

    void close() {
        Node node = std::move(frames_.back().node);
        frames_.pop_back();
        add(std::move(node));
    }

    /// Of anything, also of what is wrong: a file of ten megabytes ends here, not in gigabytes.
    void check_bounds(const SourceSpan& place) {
        if (++values_ > kMaxValues) {
            report_.error("too-large", place, "the file holds more than a million values");
            throw Stop{};
        }
        if (report_.full()) {
            report_.error("too-many", place, "too many problems to go on");
            throw Stop{};
        }
    }

    void add(Node node) {
        check_bounds(node.span);
        if (frames_.empty()) {
            root_ = std::move(node);
            return;
        }
        Frame& frame = frames_.back();
        if (frame.node.kind == Node::Kind::sequence) {
            frame.node.items.push_back(std::move(node));
        } else if (!frame.has_key) {
            begin_entry(frame, std::move(node));
        } else {
            end_entry(frame, std::move(node));
        }
    }

    void begin_entry(Frame& frame, Node key) {
        frame.has_key = true;
        frame.pending = {};
        frame.pending.key_span = key.span;
        if (key.kind == Node::Kind::broken) {
            frame.pending.value.kind = Node::Kind::broken;
        } else if (key.kind != Node::Kind::scalar) {
            report_.error("bad-key", key.span, "a key must be plain text").fix = "write the key in quotes";
            frame.pending.value.kind = Node::Kind::broken;
        } else if (key.text == "<<" && !key.quoted) {
            report_.error("merge-key", key.span, "YAML merge keys (<<) are not allowed here").fix =
                "use `defaults:` for what several resources share";
            frame.pending.value.kind = Node::Kind::broken;
        } else {
            frame.pending.key = std::move(key.text);
        }
    }

    void end_entry(Frame& frame, Node value) {
        frame.has_key = false;
        Entry entry = std::move(frame.pending);
        if (entry.value.kind == Node::Kind::broken) return;
        const auto [seen, is_new] = frame.keys.emplace(entry.key, entry.key_span);
        if (!is_new) {
            Diagnostic& problem =
                report_.error("duplicate-key", entry.key_span, "the key `" + entry.key + "` is given twice");
            problem.related = seen->second;
            problem.related_message = "it is here already";
            return;
        }
        // yaml-cpp places a value that is not written at the token after it.
        if (value.kind == Node::Kind::null && value.span.length == 0) value.span = entry.key_span;
        entry.value = std::move(value);
        frame.node.entries.push_back(std::move(entry));
    }

    std::string_view text_;
    std::uint32_t file_;
    Report& report_;
    Node root_;
    std::vector<Frame> frames_;
    std::size_t documents_ = 0, values_ = 0;
};

/// The white space that the line of a position starts with.
std::string_view line_indent(std::string_view text, std::size_t position) noexcept {
    const std::size_t end = position == 0 ? std::string_view::npos : text.rfind('\n', position - 1);
    const std::string_view line = text.substr(end == std::string_view::npos ? 0 : end + 1);
    return line.substr(0, std::min(line.find_first_not_of(" \t"), line.size()));
}

/// What an author who forgot the quotes meant to be one value.
std::string_view plain_value(std::string_view text) noexcept {
    std::string_view value = text.substr(0, std::min(text.find_first_of(",]}\r\n"), text.size()));
    value = value.substr(0, std::min(value.find(" #"), value.size()));
    return ascii::trim_ows(value);
}

void report_syntax(const YAML::Exception& failure, std::string_view text, std::uint32_t file, Report& report) {
    SourceSpan place{file, 0, 0, 1};
    if (failure.mark.is_null() || failure.mark.pos < 0) {
        report.error("yaml-syntax", place, "this is not valid YAML: " + failure.msg);
        return;
    }
    std::size_t position = std::min(text.size(), static_cast<std::size_t>(failure.mark.pos));
    place.line = static_cast<std::uint32_t>(failure.mark.line + 1);
    place.column = static_cast<std::uint32_t>(failure.mark.column + 1);
    // An alias without a name is reported behind its star.
    const bool star_before =
        position > 0 && text[position - 1] == '*' && failure.msg.find("alias") != std::string::npos;
    if (star_before) {
        --position;
        --place.column;
    }
    const char found = position < text.size() ? text[position] : '\0';
    if (found == '*' || found == '@' || found == '%' || found == '`') {
        const std::string_view value = plain_value(text.substr(position));
        place.length = static_cast<std::uint32_t>(value.size());
        report
            .error("quote-it", place,
                   std::string("a value that starts with `") + found + "` means something else in YAML: quote it")
            .fix = '"' + std::string(value) + '"';
    } else if (found == '{' && position > 0 && text[position - 1] == '$') {
        const std::size_t start = text.find_last_of("[{, \t\n", position - 1) + 1;
        place.column -= static_cast<std::uint32_t>(position - start);
        const std::size_t brace = std::min(text.find_first_of("}\n", position), text.size());
        const std::size_t end = std::min(text.find_first_of(",]}\r\n", std::min(brace + 1, text.size())), text.size());
        const std::string value(ascii::trim_ows(text.substr(start, end - start)));
        place.length = static_cast<std::uint32_t>(value.size());
        report.error("quote-it", place, "`${…}` inside [ ] or { } must be quoted").fix = '"' + value + '"';
    } else if (line_indent(text, position).find('\t') != std::string_view::npos) {
        report.error("yaml-syntax", place, "YAML lines are indented with spaces, not with tabs");
    } else {
        report.error("yaml-syntax", place, "this is not valid YAML: " + failure.msg);
    }
}

}  // namespace

SourceSpan Node::at(std::size_t offset, std::size_t length) const noexcept {
    if (!verbatim || offset > text.size()) return span;
    return {span.file, span.line, text_column + static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(length)};
}

const Entry* Node::find(std::string_view key) const noexcept {
    for (const Entry& entry : entries) {
        if (entry.key == key) return &entry;
    }
    return nullptr;
}

std::optional<Node> parse_document(std::string_view text, std::uint32_t file, Report& report) {
    TreeBuilder builder(text, file, report);
    try {
        ViewBuffer buffer(text);
        std::istream stream(&buffer);
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
    } catch (const Stop&) {
        return std::nullopt;
    } catch (const YAML::Exception& failure) {
        report_syntax(failure, text, file, report);
        return std::nullopt;
    }
    Node root = builder.take();
    if (root.kind == Node::Kind::null) root.kind = Node::Kind::map;
    return root;
}

}  // namespace corsd::config
