#include <utility>
#include <variant>

#include "config/sections.hpp"
#include "route/path_pattern.hpp"

namespace corsd::config {

namespace {

constexpr unsigned kFromElsewhere = 1U << 16U;  // apart from the conditions of judge_policy

std::string_view code_of(route::PatternError::Code code) noexcept {
    using Code = route::PatternError::Code;
    switch (code) {
        case Code::empty:
        case Code::not_absolute:
            return "path-not-absolute";
        case Code::partial_wildcard:
            return "path-partial-wildcard";
        case Code::not_canonical:
            return "path-not-canonical";
        case Code::ambiguous:
            return "path-ambiguous";
        case Code::query_or_fragment:
            return "path-query-or-fragment";
        case Code::bad_regex:
            return "path-bad-regex";
        case Code::control_or_non_ascii:
            return "path-non-ascii";
    }
    return "path";
}

void report_path(const route::PatternError& error, const Entry& entry, Report& report) {
    SourceSpan place = entry.key_span;
    const bool has_quotes = place.length == entry.key.size() + 2;
    if (error.offset > 0 && error.offset < entry.key.size() && (has_quotes || place.length == entry.key.size())) {
        place.column += static_cast<std::uint32_t>(error.offset) + (has_quotes ? 1 : 0);
        place.length = 1;
    }
    report.error(code_of(error.code), place, error.message).fix = error.fix;
}

}  // namespace

void SiteReader::read_resources(Fields& fields, const PolicyDraft& defaults, Site& site) {
    const Node* resources = fields.take("resources");
    if (resources == nullptr) return;
    std::vector<route::PathPattern> patterns;
    std::vector<SourceSpan> spans;
    for (const Entry& entry : resources->entries) {
        auto parsed = route::PathPattern::parse(entry.key);
        if (const auto* error = std::get_if<route::PatternError>(&parsed)) {
            report_path(*error, entry, context_.report);
        } else {
            patterns.push_back(std::get<route::PathPattern>(std::move(parsed)));
            spans.push_back(entry.key_span);
        }
        if (!read_resource(entry, defaults, site)) site.resources.pop_back();
    }
    judge_ties(patterns, spans, context_.report);
}

bool SiteReader::read_resource(const Entry& entry, const PolicyDraft& defaults, Site& site) {
    Resource& resource = site.resources.emplace_back();
    resource.governed.pattern = entry.key;
    resource.governed.span = entry.key_span;
    resource.upstream = site.upstream;
    switch (entry.value.kind) {
        case Node::Kind::broken:
            return false;
        case Node::Kind::sequence:
            read_entries(entry, defaults, resource);
            break;
        case Node::Kind::map: {
            Fields fields(entry.value, Section::resource, context_);
            PolicyDraft draft = read_policy(fields, WrittenKeys::Level::resource, defaults, lists_);
            read_upstream_name(fields, resource.upstream);
            warn_about_entry(fields, draft, resource);
            add_entry(std::move(draft), entry.key_span, resource);
            break;
        }
        case Node::Kind::null:
            context_.report
                .error("resource-without-value", entry.key_span, "the resource `" + entry.key + "` has no value")
                .fix = "write " + entry.key + ": {} for the defaults alone";
            return false;
        case Node::Kind::scalar:
            report_wrong_type(entry.value, entry.key, "policy keys below it, or a list of entries", context_);
            return false;
    }
    return !resource.governed.entries.empty();
}

/// C7: one entry a set of methods. An upstream of its own belongs to the resource: entries that name one agree.
void SiteReader::read_entries(const Entry& entry, const PolicyDraft& defaults, Resource& resource) {
    std::vector<PolicyDraft> drafts;
    if (entry.value.items.empty()) {
        context_.report
            .error("resource-without-value", entry.value.span, "the resource `" + entry.key + "` lists no entry")
            .fix = "write {} for the defaults alone";
    }
    SourceSpan upstream_span;
    for (const Node& item : entry.value.items) {
        if (item.kind == Node::Kind::broken) continue;
        if (item.kind != Node::Kind::map) {
            report_wrong_type(item, entry.key, "entries with policy keys (\"- methods: …\")", context_);
            continue;
        }
        const SourceSpan span = item.entries.empty() ? item.span : item.entries.front().key_span;
        Fields fields(item, Section::resource, context_);
        PolicyDraft draft = read_policy(fields, WrittenKeys::Level::resource, defaults, lists_);
        draft.source.span = span;
        if (!fields.given("methods")) {
            context_.report.error("entry-without-methods", span, "each entry of a list needs its own `methods`").fix =
                "methods: [GET]";
        } else {
            drafts.push_back(draft);
        }
        warn_about_entry(fields, draft, resource);
        const std::size_t before = resource.upstream;
        read_upstream_name(fields, resource.upstream);
        if (fields.given("upstream")) {
            if (upstream_span.known() && before != resource.upstream) {
                Diagnostic& problem = context_.report.error("upstream-differs", fields.key_span("upstream"),
                                                            "all entries of a resource go to one upstream");
                problem.related = upstream_span;
                problem.related_message = "another one is named here";
            }
            upstream_span = fields.key_span("upstream");
        }
        add_entry(std::move(draft), span, resource);
    }
    judge_entries(drafts, context_.report);
}

void SiteReader::warn_about_entry(Fields& fields, const PolicyDraft& draft, const Resource& resource) {
    if (fields.given("dangerously_allow")) warn_about_permissions(draft, context_.report);
    if (fields.given("cross_site_navigation") && resource.governed.pattern.ends_with('*') &&
        draft.source.cross_site_navigation == cors::CrossSiteNavigation::allow) {
        context_.report
            .warning("navigation-wide", fields.key_span("cross_site_navigation"),
                     "any site may POST a form to every path below " + resource.governed.pattern)
            .fix = "give it to the one path that needs it";
    }
    if (!elsewhere_) return;
    for (const auto& list : {draft.origins, draft.websocket_origins}) {
        if (list == nullptr || !list->has(Risk::loopback) || !lists_.is_news(list, kFromElsewhere)) continue;
        for (const std::size_t index : list->risky) {
            const OriginItem& item = list->items[index];
            if (!item.has(Risk::loopback)) continue;
            context_.report
                .warning("origin-loopback", item.span,
                         "`" + item.pattern.text() + "` is whatever runs on a visitor's own machine")
                .fix = "keep it in the configuration of your development site";
        }
    }
}

void SiteReader::add_entry(PolicyDraft draft, const SourceSpan& span, Resource& resource) {
    draft.source.span = span;
    judge_policy(draft, lists_, context_.report);
    draft.source.websocket_origins = draft.websocket_origins != nullptr
                                         ? draft.websocket_origins->set
                                         : lists_.without(draft.origins, refused_with_credentials(draft.permissions));
    resource.governed.entries.emplace_back(std::move(draft.source));
    resource.provenance.push_back({std::move(draft.written), draft.permissions});
}

}  // namespace corsd::config
