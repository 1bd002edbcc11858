// explanation_text() of explain_story.hpp.
#include <algorithm>
#include <string>

#include "cli/explain_story.hpp"

namespace corsd::cli::explained {

namespace {

constexpr std::size_t kNameWidth = 9;

class Writer {
  public:
    explicit Writer(const config::Sources& sources) : sources_(sources) {}

    void section(int number, const char* title) { out_ += "\n" + std::to_string(number) + ". " + title + "\n"; }
    void line(std::size_t indent, std::string_view text) {
        out_.append(indent, ' ').append(config::printable(text)).append("\n");
    }
    /// Each of its lines.
    void block(std::size_t indent, std::string_view text) {
        while (!text.empty()) {
            const std::size_t end = std::min(text.find('\n'), text.size());
            const bool carriage = end > 0 && text[end - 1] == '\r';
            line(indent, text.substr(0, carriage ? end - 1 : end));
            text.remove_prefix(std::min(end + 1, text.size()));
        }
    }
    [[nodiscard]] std::string at(const SourceSpan& place) const {
        if (!place.known() || place.file >= sources_.size()) return {};
        return " (" + sources_[place.file].name() + ":" + std::to_string(place.line) + ")";
    }
    [[nodiscard]] std::string take() { return std::move(out_); }

  private:
    const config::Sources& sources_;
    std::string out_;
};

[[nodiscard]] std::string title_of(const Case& asked) {
    const cors::PageRequest& request = asked.request;
    const std::string page = request.origin.empty()     ? ""
                             : request.origin == "null" ? " from a page without an origin (null)"
                                                        : " from a page of " + request.origin;
    if (asked.sender == Sender::websocket) return "new WebSocket: " + request.url + page;
    return request.method + " " + request.url + page;
}

[[nodiscard]] std::string name_of(const Hearing& hearing) {
    const auto asked = cors::get_header(hearing.sent.headers, "Access-Control-Request-Method");
    const bool preflight = hearing.sent.method == "OPTIONS" && asked;
    return hearing.sent.method + " " + hearing.sent.url + (preflight ? ": the preflight" : "");
}

void write_answer(Writer& out, const Hearing& hearing) {
    out.line(3, name_of(hearing));
    if (hearing.status != 0) {
        out.block(5, hearing.head);
        if (!hearing.body.empty()) {
            out.line(0, "");
            out.block(5, hearing.body);
        }
        return;
    }
    const cors::Verdict& verdict = hearing.inquiry.verdict;
    if (verdict.kind == cors::RequestKind::websocket) {
        out.line(5, "HTTP/1.1 101 Switching Protocols");
        out.line(5, "(if the upstream agrees; its headers but for Access-Control-*)");
        return;
    }
    out.line(5, "HTTP/1.1 (the upstream's status)");
    switch (verdict.upstream_headers) {
        case cors::UpstreamTreatment::replace:
            out.line(
                5,
                verdict.merge_expose
                    ? "(the upstream's headers but for Access-Control-*; its names to expose are added to those below)"
                    : "(the upstream's headers but for Access-Control-*)");
            break;
        case cors::UpstreamTreatment::keep:
            out.line(5, "(the upstream's headers, its Access-Control-* among them)");
            break;
        case cors::UpstreamTreatment::untouched:
            out.line(5, "(the upstream's headers as they are)");
            break;
    }
    out.block(5, hearing.head);
    if (verdict.grants.vary != cors::VaryGrant::none &&
        verdict.upstream_headers != cors::UpstreamTreatment::untouched) {
        out.line(5, "(in Vary, behind the upstream's own names)");
    }
}

void write_problems(Writer& out, const std::vector<Problem>& problems) {
    if (problems.empty()) out.line(3, "none");
    std::size_t number = 0;
    for (const Problem& problem : problems) {
        out.line(3, std::to_string(++number) + ") " + problem.name + out.at(problem.place) + ": " + problem.text);
        if (!problem.hint.empty()) out.line(6, problem.hint);
    }
}

[[nodiscard]] std::string joined(const std::vector<std::size_t>& numbers) {
    std::string out = numbers.size() == 1 ? "line " : "lines ";
    for (std::size_t i = 0; i < numbers.size(); ++i)
        out += (i == 0 ? "" : i + 1 == numbers.size() ? " and " : ", ") + std::to_string(numbers[i]);
    return out;
}

/// "line 6 becomes", "lines 6 and 7 become, and behind line 5 comes a new one".
[[nodiscard]] std::string what_happens(const std::vector<ChangedLine>& lines) {
    std::vector<std::size_t> replaced, behind;
    for (const ChangedLine& line : lines) {
        if (line.replaces != 0) replaced.push_back(line.replaces);
        if (line.replaces == 0 && (behind.empty() || behind.back() != line.behind)) behind.push_back(line.behind);
    }
    std::string out;
    if (!replaced.empty()) out = joined(replaced) + (replaced.size() == 1 ? " becomes" : " become");
    if (!behind.empty()) out += (out.empty() ? "" : ", and ") + ("behind " + joined(behind)) + " comes a new one";
    return out;
}

void write_change(Writer& out, const Explanation& story, const config::Sources& sources) {
    if (story.run.outcome == Outcome::allowed) return out.line(3, "none is needed");
    if (!story.change.change) return out.line(3, "none: " + story.change.why_not);
    const Change& change = *story.change.change;
    out.line(3, "in " + sources.front().name() + ", " + what_happens(change.lines) + ":");
    out.line(0, "");
    out.block(5, change.yaml);
    if (change.opens.empty() && change.risks.empty()) return;
    out.line(0, "");
    for (const std::string& opens : change.opens)
        out.line(3, "it also means: " + opens);
    for (const std::string& risk : change.risks)
        out.line(3, "risk: " + risk);
}

}  // namespace

std::string explanation_text(const Explanation& story, const config::Sources& sources) {
    Writer out(sources);
    out.line(0, title_of(story.asked));
    out.section(1, "How it is sent");
    for (const std::string& sentence : story.sending.sentences)
        out.line(3, sentence);
    out.section(2, "How corsd decides");
    if (story.run.hearings.empty()) out.line(3, "it is never asked");
    for (std::size_t i = 0; i < story.run.hearings.size(); ++i) {
        out.line(3, name_of(*story.run.hearings[i]));
        for (const Step& step : story.steps[i]) {
            std::string name = step.name;
            name.resize(std::max(kNameWidth, name.size()), ' ');
            out.line(5, name + " " + step.text + out.at(step.place));
        }
    }
    out.section(3, "Problems");
    write_problems(out, story.problems);
    out.section(4, "What corsd answers");
    if (story.run.hearings.empty()) out.line(3, "nothing");
    for (const auto& hearing : story.run.hearings)
        write_answer(out, *hearing);
    out.section(5, "Verdict");
    out.line(3, story.verdict);
    out.section(6, "What Chromium's console says");
    const bool open = story.asked.sender == Sender::page && is_up_to_upstream(story.run);
    if (open) out.line(3, "that depends on the upstream's own CORS headers");
    if (story.console.empty() && !open) out.line(3, "nothing");
    for (const std::string& message : story.console)
        out.line(3, message);
    const auto headers = std::count_if(story.problems.begin(), story.problems.end(),
                                       [](const Problem& one) { return one.name == "header_not_allowed"; });
    if (story.run.page.blocked_by == cors::BlockedBy::header && headers > 1) {
        out.line(3, "(of several headers it names any one)");
    }
    out.section(7, "The smallest change that allows it");
    write_change(out, story, sources);
    return out.take();
}

}  // namespace corsd::cli::explained
