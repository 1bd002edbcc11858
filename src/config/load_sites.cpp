#include <algorithm>
#include <utility>
#include <variant>

#include "base/ascii.hpp"
#include "base/edit_distance.hpp"
#include "config/sections.hpp"
#include "cors/origin.hpp"

namespace corsd::config {

namespace {

constexpr std::size_t kNoUpstream = static_cast<std::size_t>(-1);
constexpr std::size_t kMostListed = 8;  // names that a hint lists

SourceSpan element_span(const Node& node) {
    return node.entries.empty() ? node.span : node.entries.front().key_span;
}

Diagnostic& exclusive(Fields& fields, std::string_view first, std::string_view second) {
    Diagnostic& problem = fields.context().report.error(
        "exclusive-keys", fields.key_span(second),
        "`" + std::string(first) + "` and `" + std::string(second) + "` cannot be given together");
    problem.related = fields.key_span(first);
    problem.related_message = "`" + std::string(first) + "` is given here";
    return problem;
}

}  // namespace

PolicyDraft builtin_policy() {
    PolicyDraft draft;
    draft.source.methods = cors::MethodSet({"GET", "HEAD", "POST"});
    return draft;
}

SiteReader::SiteReader(Config& config, OriginLists& lists, Context& context)
    : config_(config), lists_(lists), context_(context) {
    for (std::size_t i = 0; i < config.upstreams.size(); ++i)
        upstreams_.emplace(config.upstreams[i].name, i);
}

void SiteReader::read(Fields& root) {
    const PolicyDraft defaults = read_defaults(root, WrittenKeys::Level::defaults, builtin_policy());
    if (const Node* paths = root.take("paths")) {
        const bool answered = paths->find("double_slashes") != nullptr || paths->find("parameters") != nullptr;
        if (answered) folded_ = FoldedPaths::answered;
    }
    const Node* sites = root.take("sites");
    if (root.given("sites")) {
        for (const std::string_view key : {"resources", "public_origin", "hosts"}) {
            (void)root.take(key);
            if (root.given(key)) exclusive(root, "sites", key).fix = "move it into a site";
        }
        if (sites != nullptr) read_named(*sites, defaults);
    } else {
        Site site;
        site.span = root.given("resources") ? root.key_span("resources") : SourceSpan{0, 1, 1, 0};
        read_one(root, defaults, std::move(site));
    }
    judge_hosts(claims_, context_.report);
}

void SiteReader::read_named(const Node& list, const PolicyDraft& defaults) {
    if (list.items.empty()) {
        context_.report.error("empty-section", list.span, "`sites` lists no site, so no request could be answered");
    }
    for (const Node& item : list.items) {
        if (item.kind == Node::Kind::broken) continue;
        if (item.kind != Node::Kind::map) {
            report_wrong_type(item, "sites", "entries with keys of their own", context_);
            continue;
        }
        Fields fields(item, Section::site, context_);
        Site site;
        site.unnamed = false;
        site.span = element_span(item);
        site.name = fields.text("name").value_or("");
        if (!fields.given("name")) {
            context_.report.error("missing-key", site.span, "a site needs a `name`");
        } else {
            site.span = fields.key_span("name");
            const auto [seen, is_new] = site_names_.emplace(site.name, site.span);
            if (!is_new) {
                Diagnostic& problem =
                    context_.report.error("name-twice", site.span, "two sites are called `" + site.name + "`");
                problem.related = seen->second;
                problem.related_message = "the other one is here";
            }
        }
        const PolicyDraft own = read_defaults(fields, WrittenKeys::Level::site_defaults, defaults);
        read_one(fields, own, std::move(site));
    }
}

PolicyDraft SiteReader::read_defaults(Fields& fields, WrittenKeys::Level level, const PolicyDraft& inherited) {
    const Node* node = fields.take("defaults");
    if (node == nullptr) return inherited;
    Fields keys(*node, Section::policy, context_);
    if (keys.given("dangerously_allow")) {
        context_.report
            .warning("permission-in-defaults", keys.key_span("dangerously_allow"),
                     "a permission in `defaults:` holds for every resource, also for those to come")
            .fix = "give it to the resource that needs it";
    }
    PolicyDraft draft = read_policy(keys, level, inherited, lists_);
    if (keys.given("cross_site_navigation") && draft.source.cross_site_navigation == cors::CrossSiteNavigation::allow) {
        context_.report
            .warning("navigation-wide", keys.key_span("cross_site_navigation"),
                     "any site may POST a form to every resource")
            .fix = "give it to the one path that needs it";
    }
    return draft;
}

void SiteReader::read_one(Fields& fields, const PolicyDraft& defaults, Site site) {
    every_host_ = {};
    elsewhere_ = false;
    read_names(fields, site);
    site.upstream = kNoUpstream;
    if (!site.unnamed) read_upstream_name(fields, site.upstream);
    if (site.upstream == kNoUpstream) {
        if (config_.upstreams.size() == 1) {
            site.upstream = 0;
        } else if (const auto named = upstreams_.find("default"); named != upstreams_.end()) {
            site.upstream = named->second;
        } else if (site.unnamed || !fields.given("upstream")) {
            context_.report
                .error("missing-upstream", site.span,
                       "there are several upstreams (or none), and nothing says which one answers here")
                .fix = site.unnamed ? "call one of them `default`, or use `sites:`, each with its `upstream`"
                                    : "upstream: NAME";
        }
    }
    site.unmatched.span = site.span;
    PolicyDraft unmatched = without_origins(defaults);
    unmatched.source.span = site.span;
    site.unmatched.entries.emplace_back(unmatched.source);
    site.unmatched_provenance = {unmatched.written, unmatched.permissions};
    read_resources(fields, defaults, site);
    warn_about_names(site);
    warn_about_resources(site, folded_, context_.report);
    config_.sites.push_back(std::move(site));
}

void SiteReader::read_names(Fields& fields, Site& site) {
    read_public_origin(fields, site);
    if (const Node* hosts = fields.take("hosts")) {
        for (const Node* item : text_items(*hosts, context_))
            read_host(*item, site);
    }
    // A broken name is no reason to take the site for one that answers for every host.
    if (!names_origin_ && !fields.given("hosts")) claims_.push_back({"", site.span, config_.sites.size()});
}

void SiteReader::read_public_origin(Fields& fields, Site& site) {
    const Node* value = fields.take("public_origin");
    const bool empty = value != nullptr && value->text.empty();
    names_origin_ = fields.given("public_origin") && !empty;
    if (value == nullptr || empty) return;
    // What came out of a substitution is checked like what was written: here nothing is syntax.
    auto parsed = cors::OriginPattern::parse(value->text);
    if (const auto* error = std::get_if<cors::OriginPatternError>(&parsed)) {
        Diagnostic& problem = report_pattern_error(*error, value->text, value->at(error->offset), context_.report);
        if (error->code == cors::OriginPatternError::Code::comma_list) {
            problem.message = "`public_origin` is one origin";
            problem.fix = "one of them; the names of the others go to `hosts`";
        }
        return;
    }
    const auto& pattern = std::get<cors::OriginPattern>(parsed);
    if (pattern.kind() != cors::OriginPattern::Kind::exact) {
        context_.report.error("public-origin-pattern", value->span, "`public_origin` is one origin, not a pattern")
            .fix = "https://api.example.com; further names go to `hosts`";
        return;
    }
    if (pattern.scheme() != "http" && pattern.scheme() != "https") {
        context_.report.error("public-origin-scheme", value->span, "browsers reach a site by http or https only");
        return;
    }
    site.public_origin = pattern.text();
    elsewhere_ = !cors::is_loopback_host(pattern.host());
    std::string host = pattern.host();
    if (host.ends_with('.')) host.pop_back();
    claims_.push_back({std::move(host), value->span, config_.sites.size()});
}

void SiteReader::read_host(const Node& item, Site& site) {
    const std::string& text = item.text;
    if (text == "*" || text.starts_with("*.")) {
        if (!item.written.empty() && !item.written[0]) {
            context_.report
                .error("substituted-syntax", item.span, "a \"*\" that comes out of a substitution is not taken as one")
                .fix = "write \"*\" in the file";
            return;
        }
        if (text == "*") every_host_ = item.span;
    }
    const std::string_view name =
        text == "*" ? std::string_view{} : std::string_view(text).substr(text.starts_with("*.") ? 2 : 0);
    const cors::HostCheck check = cors::check_host(name);
    const bool wildcard_ip = text.starts_with("*.") && check.kind != cors::HostKind::domain;
    if (text != "*" && (check.problem != cors::HostProblem::none || wildcard_ip || text.ends_with('.'))) {
        Diagnostic& problem =
            context_.report.error("bad-host", item.span, "`" + text + "` is no host name to answer for");
        std::string fix = text.substr(0, text.size() - (text.ends_with('.') ? 1 : 0));
        if (const std::size_t scheme = fix.find("://"); scheme != std::string::npos) fix.erase(0, scheme + 3);
        if (!fix.starts_with('[')) fix.erase(std::min(fix.find_first_of(":/"), fix.size()));
        std::transform(fix.begin(), fix.end(), fix.begin(), ascii::to_lower);
        const std::string_view bare = std::string_view(fix).substr(fix.starts_with("*.") ? 2 : 0);
        if (fix != text && cors::check_host(bare).problem == cors::HostProblem::none) problem.fix = fix;
        if (text.starts_with('$') && text.size() > 1) problem.fix = "${" + text.substr(1) + "}";
        return;
    }
    site.hosts.push_back(text);
    claims_.push_back({text, item.span, config_.sites.size()});
}

void SiteReader::warn_about_names(const Site& site) {
    const auto enforces = [](const Resource& resource) {
        return std::any_of(resource.governed.entries.begin(), resource.governed.entries.end(),
                           [](const cors::Policy& entry) { return entry.source().mode == cors::Mode::enforce; });
    };
    const bool enforced = site.resources.empty() ? site.unmatched.entries.front().source().mode == cors::Mode::enforce
                                                 : std::any_of(site.resources.begin(), site.resources.end(), enforces);
    if (!enforced) return;
    if (!names_origin_) {
        context_.report
            .warning("missing-public-origin", site.span,
                     "without `public_origin`, what browsers call this site is guessed from each request")
            .fix = "public_origin: https://NAME-THAT-BROWSERS-USE";
    }
    if (every_host_.known()) {
        context_.report.warning("every-host", every_host_, "this site answers for any name that resolves to it").fix =
            "list the names";
    }
}

void SiteReader::read_upstream_name(Fields& fields, std::size_t& out) {
    const Node* value = fields.take("upstream");
    if (value == nullptr) return;
    if (const auto found = upstreams_.find(value->text); found != upstreams_.end()) {
        out = found->second;
        return;
    }
    Diagnostic& problem =
        context_.report.error("unknown-upstream", value->span, "there is no upstream called `" + value->text + "`");
    for (const auto& [name, index] : upstreams_) {
        if (is_near(value->text, name)) problem.fix = "did you mean `" + name + "`?";
    }
    if (!problem.fix.empty() || config_.upstreams.size() > kMostListed) return;
    for (const Upstream& known : config_.upstreams)
        problem.fix += (problem.fix.empty() ? "one of: " : " | ") + known.name;
}

}  // namespace corsd::config
