// The steps of a decision, told after the fact from what routing found and from the verdict (explain_story.hpp): what
// decide came to is not judged again, only put into words.
#include <algorithm>
#include <utility>

#include "base/wording.hpp"
#include "cli/explain_story.hpp"
#include "cors/origin.hpp"
#include "cors/own_origin.hpp"

namespace corsd::cli::explained {

namespace {

using cors::Relation;
using cors::RequestKind;

[[nodiscard]] std::string quoted(std::string_view text) {
    return "\"" + std::string(text) + "\"";
}

[[nodiscard]] SourceSpan first_known(const SourceSpan& one, const SourceSpan& other) noexcept {
    return one.known() ? one : other;
}

[[nodiscard]] bool is_about_origin(Reason reason) noexcept {
    return reason == Reason::origin_malformed || reason == Reason::origin_null ||
           reason == Reason::origin_not_allowed || reason == Reason::origin_missing ||
           reason == Reason::origin_repeated || reason == Reason::websocket_origin;
}

[[nodiscard]] std::string own_text(const cors::OwnOrigin& own) {
    std::string text = std::string(own.scheme) + "://" + std::string(own.host);
    if (own.port != 0) text += ":" + std::to_string(own.port);
    return text;
}

/// Tells one hearing.
class Telling {
  public:
    Telling(const Hearing& hearing, const ConfigText& text)
        : hearing_(hearing), inquiry_(hearing.inquiry), verdict_(hearing.inquiry.verdict), root_(text.root()) {}

    [[nodiscard]] std::vector<Step> tell() {
        if (inquiry_.site == nullptr) {
            add(hearing_.lost == Reason::unknown_host ? "site" : "head", hearing_.lost_detail, {});
            return std::move(steps_);
        }
        site();
        if (hearing_.lost != Reason::none) {
            add("path", hearing_.lost_detail, {});
            return std::move(steps_);
        }
        path();
        entry();
        caller();
        origin();
        if (verdict_.kind == RequestKind::preflight) {
            preflight();
        } else if (verdict_.kind == RequestKind::actual) {
            actual();
        }
        mode();
        decision();
        return std::move(steps_);
    }

  private:
    void add(std::string name, std::string text, SourceSpan place) {
        steps_.push_back({std::move(name), std::move(text), place});
    }
    [[nodiscard]] const cors::PolicySource& source() const noexcept { return verdict_.policy->source(); }
    [[nodiscard]] const config::Node* site_key(std::string_view key) const noexcept {
        const config::Entry* sites = root_.find("sites");
        const config::Node& site = sites == nullptr ? root_ : sites->value.items.at(inquiry_.site->index());
        const config::Entry* entry = site.find(key);
        return entry == nullptr ? nullptr : &entry->value;
    }
    [[nodiscard]] SourceSpan site_place(std::string_view key) const noexcept {
        const config::Node* value = site_key(key);
        return value == nullptr ? SourceSpan{} : value->span;
    }

    void site() {
        const config::Site& site = inquiry_.site->site();
        const std::string name = site.unnamed ? "" : "site " + quoted(site.name) + ": ";
        const std::string host = inquiry_.host_storage;
        switch (inquiry_.host_match) {
            case route::HostMatch::public_origin:
                return add("site", name + host + " is the host of public_origin", site_place("public_origin"));
            case route::HostMatch::exact:
            case route::HostMatch::wildcard:
                return add("site", name + host + " is in hosts", site_place("hosts"));
            case route::HostMatch::any:
                return add("site", name + host + " falls to hosts: [\"*\"]", site_place("hosts"));
            default:
                return add("site",
                           name + host + " falls to the " + (site.unnamed ? "only site" : "site that is there for it"),
                           site.span);
        }
    }

    void path() {
        const std::string shown = quoted(inquiry_.path);
        if (inquiry_.governed->pattern.empty()) {
            add("path", "no resource matches " + shown + ": the site's defaults, with no origins", {});
            return;
        }
        const bool changed = inquiry_.path != inquiry_.target.path;
        add("path",
            shown + (changed ? ", as " + quoted(inquiry_.target.path) + " reads," : "") +
                " is governed by the resource " + quoted(inquiry_.governed->pattern),
            hearing_.resource->span);
    }

    void entry() {
        if (inquiry_.governed->entries.size() == 1) return;
        add("entry", "of its entries, the one for " + verdict_.policy->allow_methods_value(), source().span);
    }

    void caller() {
        const cors::OwnOrigin& own = inquiry_.question.own;
        const bool declared = own.known == cors::OwnOrigin::Known::declared;
        const SourceSpan place = declared ? site_place("public_origin") : SourceSpan{};
        const std::string what = declared ? own_text(own) : own_text(own) + " (guessed from Host)";
        if (verdict_.kind == RequestKind::navigation) {
            return add("caller", "a form of another site navigates here: cross_site_navigation allows it",
                       source().span);
        }
        switch (verdict_.relation) {
            case Relation::same_origin:
                return add("caller", "same-origin: the site is " + what, place);
            case Relation::no_origin:
                return add("caller", "no Origin: not a page of another origin", {});
            case Relation::cross_origin:
                return add("caller", "cross-origin: the site is " + what, place);
        }
    }

    [[nodiscard]] std::string admitting(const cors::OriginSet& origins) const {
        const auto origin = cors::parse_origin(inquiry_.question.origin.front());
        for (const cors::OriginPattern& pattern : origins.patterns()) {
            if (pattern.kind() == cors::OriginPattern::Kind::any || (origin && pattern.matches(*origin)) ||
                (!origin && pattern.kind() == cors::OriginPattern::Kind::null)) {
                return quoted(pattern.text());
            }
        }
        return {};
    }

    void origin() {
        const bool websocket = verdict_.kind == RequestKind::websocket;
        const SourceSpan list =
            websocket ? first_known(source().websocket_origins_span, source().origins_span) : source().origins_span;
        if (is_about_origin(verdict_.reason)) {
            const auto& lines = inquiry_.question.origin;
            const std::string origin = lines.empty() ? "a missing Origin" : std::string(lines.front());
            return add("origin", origin + " is not admitted: " + std::string(to_string(verdict_.reason)),
                       verdict_.rule);
        }
        if (verdict_.relation != Relation::cross_origin) {
            if (verdict_.kind == RequestKind::preflight)
                add("origin", "the site's own origin needs no entry in origins", {});
            return;
        }
        if (verdict_.kind == RequestKind::navigation) return;
        const std::string pattern = admitting(websocket ? source().websocket_origins : source().origins);
        add("origin", std::string(inquiry_.question.origin.front()) + " is admitted by " + pattern,
            first_known(list, source().span));
    }

    void method(std::string_view name) {
        const SourceSpan place = first_known(source().methods_span, source().span);
        const std::string what(name);
        if (verdict_.reason == Reason::method_not_allowed) {
            return add("method", what + " is not in methods: " + verdict_.policy->allow_methods_value(), place);
        }
        const cors::MethodSet& methods = source().methods;
        const bool listed = methods.lists(name);
        add("method",
            what + (methods.any()       ? " is covered by \"*\""
                    : listed            ? " is in methods"
                    : name == "OPTIONS" ? " needs no entry in methods"
                                        : " goes with GET in methods"),
            place);
    }

    void preflight() {
        if (is_about_origin(verdict_.reason)) return;
        const auto& lines = inquiry_.question.request_method;
        method(lines.size() == 1 ? lines.front() : std::string_view("two request methods"));
        if (verdict_.reason == Reason::method_not_allowed || inquiry_.question.request_headers.empty()) return;
        const SourceSpan place = first_known(source().allow_headers_span, source().span);
        std::string names = comma_list(source().allow_headers.names());
        if (source().allow_headers.any()) append_to_list(names, "\"*\"");
        if (verdict_.reason == Reason::header_not_allowed) {
            return add("headers",
                       std::string(verdict_.culprit) + " is not in allow_headers" +
                           (names.empty() ? ", which is empty" : ": " + names),
                       place);
        }
        if (verdict_.reason == Reason::headers_too_many) return add("headers", "too many, or too long", place);
        std::string asked;
        for (const std::string_view line : inquiry_.question.request_headers)
            asked.append(asked.empty() ? "" : ",").append(line);
        add("headers", asked + ": all in allow_headers", place);
    }

    void actual() {
        if (verdict_.relation != Relation::cross_origin || is_about_origin(verdict_.reason)) return;
        method(inquiry_.question.method);
        if (inquiry_.question.method_override.empty() || verdict_.reason == Reason::method_not_allowed) return;
        const SourceSpan place = first_known(source().methods_span, source().span);
        if (verdict_.reason == Reason::override_not_allowed) {
            return add("override",
                       "the override " + quoted(verdict_.culprit) +
                           " is not in methods: " + verdict_.policy->allow_methods_value(),
                       place);
        }
        add("override", "the override " + std::string(inquiry_.question.method_override.front()) + " is in methods",
            place);
    }

    void mode() {
        if (verdict_.mode == cors::Mode::enforce || verdict_.admitted()) return;
        if (verdict_.mode == cors::Mode::report_only) {
            return add("mode", "report-only: nothing is refused, and the upstream's answer is not touched", {});
        }
        if (verdict_.action == cors::Action::forward) {
            add("mode", "headers: it is forwarded, and the browser refuses what is not granted", {});
        }
    }

    void decision() {
        const std::string reason(to_string(verdict_.reason));
        switch (verdict_.action) {
            case cors::Action::refuse:
                return add(
                    "decision",
                    "refused with " + std::to_string(verdict_.status) + " " + reason + "; the upstream hears nothing",
                    verdict_.rule);
            case cors::Action::answer_preflight:
                return add("decision",
                           verdict_.hint ? "answered with a hint for the console (devtools_hints): " + reason
                                         : "answered here with " + std::to_string(verdict_.status) +
                                               "; the upstream hears nothing",
                           {});
            case cors::Action::forward:
                return add("decision",
                           "forwarded to the upstream " + quoted(hearing_.upstream) +
                               (verdict_.admitted() ? "" : ", though " + reason),
                           {});
        }
    }

    const Hearing& hearing_;
    const proxy::Inquiry& inquiry_;
    const cors::Verdict& verdict_;
    const config::Node& root_;
    std::vector<Step> steps_;
};

}  // namespace

std::vector<Step> steps_of(const Hearing& hearing, const ConfigText& text) {
    return Telling(hearing, text).tell();
}

}  // namespace corsd::cli::explained
