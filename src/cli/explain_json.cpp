// explanations_json() of explain_story.hpp.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <utility>

#include "base/json_text.hpp"
#include "cli/explain_story.hpp"
#include "cli/indented_json.hpp"

namespace corsd::cli::explained {

namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

/// JSON is UTF-8, and bytes from outside need not be: what is none becomes U+FFFD.
[[nodiscard]] std::string utf8(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        out += length == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out;
}

[[nodiscard]] array strings(const std::vector<std::string>& items) {
    array out;
    for (const std::string& item : items)
        out.emplace_back(utf8(item));
    return out;
}

[[nodiscard]] array header_array(const cors::HeaderLines& headers) {
    array out;
    for (const cors::HeaderLine& line : headers)
        out.emplace_back(array{utf8(line.name), utf8(line.value)});
    return out;
}

void put_place(object& out, const SourceSpan& place, const config::Sources& sources) {
    const bool known = place.known() && place.file < sources.size();
    out["file"] = known ? value(utf8(sources[place.file].name())) : value(nullptr);
    out["line"] = known ? value(place.line) : value(nullptr);
}

[[nodiscard]] std::string_view word(Outcome outcome) noexcept {
    switch (outcome) {
        case Outcome::allowed:
            return "allowed";
        case Outcome::refused:
            return "refused";
        case Outcome::would_refuse:
            return "would_refuse";
        case Outcome::nothing_is_sent:
            return "nothing_is_sent";
    }
    return "";
}

[[nodiscard]] std::string_view word(cors::CredentialsMode mode) noexcept {
    switch (mode) {
        case cors::CredentialsMode::omit:
            return "omit";
        case cors::CredentialsMode::same_origin:
            return "same-origin";
        case cors::CredentialsMode::include:
            return "include";
    }
    return "";
}

[[nodiscard]] std::string_view word(Sender sender) noexcept {
    switch (sender) {
        case Sender::page:
            return "page";
        case Sender::websocket:
            return "websocket";
        case Sender::program:
            return "program";
    }
    return "";
}

[[nodiscard]] std::string_view decision_word(const Hearing& hearing) noexcept {
    if (!hearing.inquiry.decided) return "refuse";
    const cors::Verdict& verdict = hearing.inquiry.verdict;
    switch (verdict.action) {
        case cors::Action::refuse:
            return "refuse";
        case cors::Action::answer_preflight:
            return "preflight";
        case cors::Action::forward:
            break;
    }
    return verdict.mode == cors::Mode::report_only && !verdict.admitted() ? "would_refuse" : "forward";
}

[[nodiscard]] std::string_view upstream_headers_word(const cors::Verdict& verdict) noexcept {
    switch (verdict.upstream_headers) {
        case cors::UpstreamTreatment::replace:
            return "replace";
        case cors::UpstreamTreatment::keep:
            return "keep";
        case cors::UpstreamTreatment::untouched:
            return "untouched";
    }
    return "";
}

[[nodiscard]] object answer_object(const Hearing& hearing) {
    object out;
    const bool own = hearing.status != 0;
    out["from"] = own ? "corsd" : "upstream";
    out["status"] = own ? value(hearing.status) : value(nullptr);
    if (!own) out["upstream_headers"] = upstream_headers_word(hearing.inquiry.verdict);
    array lines;
    for (std::string_view rest = hearing.head; !rest.empty();) {
        const std::string_view line = rest.substr(0, rest.find("\r\n"));
        lines.emplace_back(utf8(line));
        rest.remove_prefix(std::min(rest.size(), line.size() + 2));
    }
    out["head"] = std::move(lines);
    out["body"] = utf8(hearing.body);
    return out;
}

[[nodiscard]] object hearing_object(const Hearing& hearing, const std::vector<Step>& steps,
                                    const config::Sources& sources) {
    object out{{"method", utf8(hearing.sent.method)}, {"url", utf8(hearing.sent.url)}};
    out["headers"] = header_array(hearing.sent.headers);
    array told;
    for (const Step& step : steps) {
        object one{{"step", step.name}, {"text", utf8(step.text)}};
        put_place(one, step.place, sources);
        told.emplace_back(std::move(one));
    }
    out["steps"] = std::move(told);
    out["decision"] = decision_word(hearing);
    out["reason"] = hearing.reason() == Reason::none ? value(nullptr) : value(to_string(hearing.reason()));
    out["answer"] = answer_object(hearing);
    return out;
}

[[nodiscard]] array problem_array(const std::vector<Problem>& problems, const config::Sources& sources) {
    array out;
    for (const Problem& problem : problems) {
        object one{{"reason", problem.name}, {"culprit", utf8(problem.culprit)}, {"text", utf8(problem.text)}};
        put_place(one, problem.place, sources);
        one["hint"] = utf8(problem.hint);
        out.emplace_back(std::move(one));
    }
    return out;
}

[[nodiscard]] value change_value(const ChangeFound& found) {
    if (!found.change) return nullptr;
    array lines;
    for (const ChangedLine& line : found.change->lines) {
        lines.emplace_back(object{{"number", line.number},
                                  {"replaces", line.replaces == 0 ? value(nullptr) : value(line.replaces)},
                                  {"behind", line.behind}});
    }
    return object{{"yaml", utf8(found.change->yaml)},
                  {"lines", std::move(lines)},
                  {"also_means", strings(found.change->opens)},
                  {"risks", strings(found.change->risks)}};
}

[[nodiscard]] object story_object(const Explanation& story, const config::Sources& sources) {
    const cors::PageRequest& request = story.asked.request;
    object out{{"verdict", word(story.run.outcome)}, {"sentence", utf8(story.verdict)}};
    out["request"] = object{{"sender", word(story.asked.sender)},
                            {"origin", request.origin.empty() ? value(nullptr) : value(utf8(request.origin))},
                            {"method", utf8(request.method)},
                            {"url", utf8(request.url)},
                            {"headers", header_array(request.headers)},
                            {"credentials", word(request.credentials)}};
    out["sent"] = object{{"kind", story.sending.kind}, {"sentences", strings(story.sending.sentences)}};
    array hearings;
    for (std::size_t i = 0; i < story.run.hearings.size(); ++i)
        hearings.emplace_back(hearing_object(*story.run.hearings[i], story.steps[i], sources));
    out["requests"] = std::move(hearings);
    out["problems"] = problem_array(story.problems, sources);
    out["console"] = strings(story.console);
    out["change"] = change_value(story.change);
    out["no_change"] = story.change.why_not.empty() ? value(nullptr) : value(utf8(story.change.why_not));
    return out;
}

}  // namespace

std::string explanation_json(const Explanation& story, const config::Sources& sources) {
    return indented_json(story_object(story, sources));
}

std::string explanations_json(const std::vector<Explanation>& stories, const config::Sources& sources) {
    array all;
    for (const Explanation& story : stories)
        all.emplace_back(story_object(story, sources));
    return indented_json(all);
}

}  // namespace corsd::cli::explained
