#include "config/policy_draft.hpp"

#include <array>
#include <utility>

#include "base/edit_distance.hpp"
#include "base/units.hpp"
#include "config/name_lists.hpp"

namespace corsd::config {

namespace {

constexpr std::chrono::seconds kLongestMaxAge{86'400};
constexpr std::chrono::seconds kChromiumCap{7'200};

void read_option(Fields& fields, std::string_view key, cors::Option& out) {
    if (const auto value = fields.boolean(key)) out = *value ? cors::Option::on : cors::Option::off;
}

void read_credentials(Fields& fields, PolicyDraft& draft) {
    for (const std::string_view key : {"credentials", "supports_credentials"}) {
        if (!fields.given(key)) continue;
        const auto value = fields.boolean(key);
        if (!value) continue;
        draft.source.credentials = *value ? cors::Option::on : cors::Option::off;
        draft.credentials_span = fields.key_span(key);
    }
    if (fields.given("credentials") && fields.given("supports_credentials")) {
        Diagnostic& problem = fields.context().report.error(
            "exclusive-keys", fields.key_span("supports_credentials"),
            "`supports_credentials` is another name of `credentials`; only one of them may be given");
        problem.fix = "remove one";
        problem.related = fields.key_span("credentials");
        problem.related_message = "`credentials` is given here";
    }
}

void read_max_age(Fields& fields, std::optional<std::chrono::seconds>& out) {
    const Node* value = fields.take("max_age");
    if (value == nullptr) return;
    Report& report = fields.context().report;
    if (value->kind == Node::Kind::null) {
        out = std::nullopt;
        return;
    }
    const bool negative = value->text.starts_with('-');
    const DurationResult result = parse_duration(std::string_view(value->text).substr(negative ? 1 : 0));
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(result.value) * (negative ? -1 : 1);
    if (result.problem == UnitProblem::too_big || seconds > kLongestMaxAge || seconds < std::chrono::seconds{-1}) {
        report.error("max-age-range", value->span, "`max_age` is from -1 (never) to 24h").fix =
            negative ? "-1, 0, or null to leave it to the browser" : "2h: Chromium remembers no longer";
    } else if (result.problem != UnitProblem::none) {
        report_wrong_type(*value, "max_age", describe(Type::max_age), fields.context());
    } else if (result.value % std::chrono::seconds{1} != std::chrono::milliseconds{0}) {
        report.error("max-age-range", value->span, "`max_age` is in whole seconds").fix =
            std::to_string(seconds.count() + 1) + "s";
    } else {
        out = seconds;
        if (seconds > kChromiumCap) {
            report.warning("max-age-capped", value->span, "Chromium remembers a preflight for 2h at most").fix = "2h";
        }
    }
}

void read_preflight_status(Fields& fields, std::uint16_t& out) {
    const Node* value = fields.take("preflight_status");
    if (value == nullptr) return;
    if (!value->quoted && (value->text == "200" || value->text == "204")) {
        out = value->text == "200" ? 200 : 204;
        return;
    }
    fields.context().report.error("preflight-status", value->span, "`preflight_status` is 204 or 200").fix = "204";
}

void read_choices(Fields& fields, PolicyDraft& draft) {
    cors::PolicySource& source = draft.source;
    if (const auto word = fields.choice("mode")) {
        source.mode = *word == "enforce"   ? cors::Mode::enforce
                      : *word == "headers" ? cors::Mode::headers
                                           : cors::Mode::report_only;
    }
    if (const auto word = fields.choice("cross_site_navigation")) {
        source.cross_site_navigation =
            *word == "allow" ? cors::CrossSiteNavigation::allow : cors::CrossSiteNavigation::block;
    }
    if (const auto word = fields.choice("upstream_headers")) {
        source.upstream_headers = *word == "keep" ? cors::UpstreamHeaders::keep : cors::UpstreamHeaders::replace;
    }
    read_option(fields, "merge_expose", source.merge_expose);
    read_option(fields, "minimal_disclosure", source.minimal_disclosure);
    read_option(fields, "devtools_hints", source.devtools_hints);
    read_option(fields, "allow_private_network", source.allow_private_network);
    if (source.allow_private_network == cors::Option::on && fields.given("allow_private_network")) {
        fields.context()
            .report
            .warning("private-network", fields.key_span("allow_private_network"),
                     "no current browser reads Access-Control-Allow-Private-Network")
            .fix = "remove it";
    }
    read_option(fields, "timing_allow_origin", source.timing_allow_origin);
    read_option(fields, "forward_origin", source.forward_origin);
    if (fields.given("websocket_origin_required")) {
        source.websocket_required_span = fields.key_span("websocket_origin_required");
    }
    read_option(fields, "websocket_origin_required", source.websocket_origin_required);
}

void read_permissions(Fields& fields, PolicyDraft& draft) {
    const Node* value = fields.take("dangerously_allow");
    if (value == nullptr) return;
    struct Named {
        std::string_view name;
        bool Permissions::*member;
    };
    static constexpr std::array<Named, 3> kPermissions{
        {{kPermissionNames[0], &Permissions::null_origin},
         {kPermissionNames[1], &Permissions::insecure_origin_with_credentials},
         {kPermissionNames[2], &Permissions::public_suffix_wildcard}}};
    draft.permissions = {};
    draft.permissions_span = fields.key_span("dangerously_allow");
    for (const Node* item : text_items(*value, fields.context())) {
        std::string near;
        bool known = false;
        for (const Named& permission : kPermissions) {
            if (item->text == permission.name) {
                draft.permissions.*permission.member = true;
                known = true;
            } else if (is_near(item->text, permission.name)) {
                near = "did you mean `" + std::string(permission.name) + "`?";
            }
        }
        if (known) continue;
        fields.context().report.error("unknown-permission", item->span, "`" + item->text + "` is no permission").fix =
            near.empty() ? "null_origin, insecure_origin_with_credentials or public_suffix_wildcard" : near;
    }
}

void read_lists(Fields& fields, PolicyDraft& draft, OriginLists& lists) {
    cors::PolicySource& source = draft.source;
    Context& context = fields.context();
    if (const Node* value = fields.take("origins")) {
        draft.origins = lists.read(*value);
        source.origins = draft.origins->set;
        source.origins_span = value->span;
    }
    if (const Node* value = fields.take("websocket_origins")) {
        const bool inherit = value->kind == Node::Kind::scalar && value->text == "inherit";
        draft.websocket_origins = inherit ? nullptr : lists.read(*value);
        source.websocket_origins_span = inherit ? SourceSpan{} : value->span;
    }
    if (const Node* value = fields.take("methods")) {
        NameList list = read_methods(*value, context);
        source.methods = cors::MethodSet(std::move(list.names));
        source.methods_span = value->span;
        draft.method_spans = std::move(list.spans);
    }
    if (const Node* value = fields.take("allow_headers")) {
        source.allow_headers = cors::HeaderSet(read_allow_headers(*value, context).names);
        source.allow_headers_span = value->span;
    }
    if (const Node* value = fields.take("expose_headers")) {
        source.expose_headers = read_expose_headers(*value, context).names;
        draft.expose_span = value->span;
    }
}

/// The policy keys that a map has, on top of those that it inherits.
std::shared_ptr<const WrittenKeys> written_keys(const Fields& fields, WrittenKeys::Level level,
                                                std::shared_ptr<const WrittenKeys> outer) {
    std::vector<WrittenKeys::Key> keys;
    for (const Key& key : all_keys()) {
        if (key.section != Section::policy || !fields.given(key.name)) continue;
        const bool alias = key.name == "supports_credentials";
        keys.push_back({alias ? "credentials" : key.name, fields.key_span(key.name)});
    }
    if (keys.empty()) return outer;
    return std::make_shared<const WrittenKeys>(WrittenKeys{level, std::move(keys), std::move(outer)});
}

}  // namespace

PolicyDraft read_policy(Fields& fields, WrittenKeys::Level level, const PolicyDraft& inherited, OriginLists& lists) {
    PolicyDraft draft = inherited;
    read_lists(fields, draft, lists);
    read_credentials(fields, draft);
    read_max_age(fields, draft.source.max_age);
    read_preflight_status(fields, draft.source.preflight_status);
    read_choices(fields, draft);
    read_permissions(fields, draft);
    draft.written = written_keys(fields, level, inherited.written);
    return draft;
}

PolicyDraft without_origins(PolicyDraft draft) {
    draft.origins = OriginLists::none();
    draft.source.origins = cors::OriginSet{};
    draft.source.origins_span = {};
    draft.websocket_origins = OriginLists::none();
    draft.source.websocket_origins_span = {};
    return draft;
}

}  // namespace corsd::config
