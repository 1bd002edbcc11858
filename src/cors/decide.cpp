#include "cors/decide.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "cors/own_origin.hpp"
#include "cors/requested_headers.hpp"

namespace corsd::cors {
namespace {

bool is_safelisted_method(std::string_view method) noexcept {
    return method == "GET" || method == "HEAD" || method == "POST";
}

// N31: HEAD goes with GET.
bool holds(const Policy& policy, std::string_view method) noexcept {
    const MethodSet& methods = policy.source().methods;
    return methods.any() || methods.lists(method) || (method == "HEAD" && methods.lists("GET"));
}

// N31: OPTIONS is never refused by its name.
bool admits_method(const Policy& policy, std::string_view method) noexcept {
    return method == "OPTIONS" || holds(policy, method);
}

// N5, N7, N11: may this caller have an answer at all? `method` is the request's own.
Reason judge_origin(const Policy& policy, const Caller& caller) noexcept {
    const OriginSet& origins = policy.source().origins;
    switch (caller.form) {
        case OriginForm::malformed:
            return Reason::origin_malformed;
        case OriginForm::null:
            return policy.open_to_all() || (origins.allows_null() && !policy.with_credentials()) ? Reason::none
                                                                                                 : Reason::origin_null;
        case OriginForm::valid:
            // "*" with credentials does not load; if it ever came here, it would admit nobody.
            if (origins.any()) return policy.open_to_all() ? Reason::none : Reason::origin_not_allowed;
            return origins.admits(caller.origin) ? Reason::none : Reason::origin_not_allowed;
        case OriginForm::absent:
            break;
    }
    return Reason::none;
}

Reason judge_missing_origin(const Question& question, const Caller& caller) noexcept {
    // N5: browsers send Origin with every unsafe method, so this is one whose Origin was taken away.
    const bool safe = question.method == "GET" || question.method == "HEAD" || question.method == "OPTIONS";
    const bool foreign = caller.site == FetchSite::cross_site || caller.site == FetchSite::same_site;
    return !safe && foreign ? Reason::origin_missing : Reason::none;
}

// N43, N11: a handshake always carries cookies and has no preflight, so it has a list of its own.
Reason judge_handshake(const Policy& policy, const Caller& caller) noexcept {
    const PolicySource& source = policy.source();
    if (caller.form == OriginForm::absent) {
        return source.websocket_origin_required == Option::on ? Reason::origin_missing : Reason::none;
    }
    const bool own = caller.relation == Relation::same_origin;
    const bool listed = caller.form == OriginForm::valid && source.websocket_origins.admits(caller.origin);
    return own || listed ? Reason::none : Reason::websocket_origin;
}

bool own_page(const Caller& caller) noexcept {
    return caller.relation == Relation::same_origin && caller.form == OriginForm::valid;
}

SourceSpan rule_of(const Policy& policy, Reason reason, RequestKind kind) noexcept {
    const PolicySource& source = policy.source();
    SourceSpan span = source.origins_span;
    switch (reason) {
        case Reason::method_not_allowed:
        case Reason::override_not_allowed:
            span = source.methods_span;
            break;
        case Reason::header_not_allowed:
        case Reason::headers_too_many:
            span = source.allow_headers_span;
            break;
        case Reason::origin_missing:
            if (kind == RequestKind::websocket) span = source.websocket_required_span;
            break;
        default:
            if (kind == RequestKind::websocket && source.websocket_origins_span.known()) {
                span = source.websocket_origins_span;
            }
            break;
    }
    return span.known() ? span : source.span;
}

class Judge {
  public:
    Judge(const Governed& governed, const Question& question, Scratch& scratch) noexcept
        : governed_(governed), question_(question), scratch_(scratch) {}

    Verdict run() noexcept;

  private:
    [[nodiscard]] const Policy& entry_for(std::string_view method) const noexcept;
    void preflight() noexcept;
    void preflight_failure(bool method_passed, const RequestedHeaders& headers) noexcept;
    void judge() noexcept;
    void actual() noexcept;
    void handshake() noexcept;
    [[nodiscard]] Reason judge_method() noexcept;
    void refuse_or_forward(bool origin_allowed) noexcept;
    void grant_reading() noexcept;
    void grant_preflight(const RequestedHeaders& headers) noexcept;
    void finish_report_only() noexcept;

    const Governed& governed_;
    const Question& question_;
    Scratch& scratch_;
    Caller caller_;
    const Policy* policy_ = nullptr;
    Verdict verdict_;
};

// C7: the entry that holds the method; for a method that none holds, the first that admits the origin, else the first.
const Policy& Judge::entry_for(std::string_view method) const noexcept {
    const auto& entries = governed_.entries;
    if (entries.size() == 1) return entries.front();
    const auto holder =
        std::find_if(entries.begin(), entries.end(), [&](const Policy& entry) { return holds(entry, method); });
    if (holder != entries.end()) return *holder;
    if (caller_.relation != Relation::cross_origin) return entries.front();
    const auto admitting = std::find_if(entries.begin(), entries.end(), [&](const Policy& entry) {
        return (verdict_.kind == RequestKind::websocket ? judge_handshake(entry, caller_)
                                                        : judge_origin(entry, caller_)) == Reason::none;
    });
    return admitting != entries.end() ? *admitting : entries.front();
}

Verdict Judge::run() noexcept {
    const bool repeated = question_.origin.size() > 1;
    // N1: the method is exactly OPTIONS, and Origin and Access-Control-Request-Method are there.
    const bool is_preflight =
        question_.method == "OPTIONS" && !question_.origin.empty() && !question_.request_method.empty();
    if (!repeated) caller_ = identify(question_);
    verdict_.kind = is_preflight              ? RequestKind::preflight
                    : is_handshake(question_) ? RequestKind::websocket
                                              : RequestKind::actual;
    // N12: two request methods are none, so no entry holds them.
    const std::string_view method = !is_preflight                          ? question_.method
                                    : question_.request_method.size() == 1 ? question_.request_method.front()
                                                                           : std::string_view();
    policy_ = &entry_for(method);
    verdict_.policy = policy_;
    verdict_.mode = policy_->source().mode;
    verdict_.relation = caller_.relation;
    const bool report_only = verdict_.mode == Mode::report_only;
    if (repeated) {  // N6, in every mode
        verdict_.relation = Relation::cross_origin;
        verdict_.action = Action::refuse;
        verdict_.status = 400;
        verdict_.reason = Reason::origin_repeated;
        if (!report_only && !policy_->open_to_all()) verdict_.grants.vary = VaryGrant::origin;
    } else {
        judge();
        if (report_only) finish_report_only();
    }
    verdict_.rule = rule_of(*policy_, verdict_.reason, verdict_.kind);
    return verdict_;
}

void Judge::judge() noexcept {
    if (verdict_.kind == RequestKind::preflight) return preflight();
    if (verdict_.kind == RequestKind::websocket) return handshake();
    actual();
}

// Fetch section 4.9, "CORS-preflight fetch", step 7, in its order: origin, method, headers (N21).
void Judge::preflight() noexcept {
    const PolicySource& source = policy_->source();
    verdict_.grants.vary =
        source.allow_private_network == Option::on ? VaryGrant::preflight_private_network : VaryGrant::preflight;
    // N2: our own origin needs no entry in the list.
    verdict_.reason = own_page(caller_) ? Reason::none : judge_origin(*policy_, caller_);
    if (verdict_.reason != Reason::none) {
        verdict_.action = Action::refuse;
        verdict_.status = 403;
        return;
    }
    const std::string_view method = question_.request_method.front();
    const bool well_formed =
        question_.request_method.size() == 1 && ascii::is_token(method) && !is_forbidden_method(method);
    const bool method_passed = well_formed && admits_method(*policy_, method);
    const RequestedHeaders headers = judge_requested_headers(*policy_, question_.request_headers, scratch_);
    if (!method_passed) {
        verdict_.reason = Reason::method_not_allowed;
        verdict_.culprit = method;
    } else if (headers.reason != Reason::none) {
        verdict_.reason = headers.reason;
        verdict_.culprit = headers.culprit;
    }
    if (verdict_.reason == Reason::none) {
        verdict_.action = Action::answer_preflight;
        verdict_.status = source.preflight_status;
        grant_preflight(headers);
        verdict_.grants.max_age = policy_->max_age_value();
        return;
    }
    verdict_.action = Action::refuse;
    verdict_.status = 403;
    if (well_formed && source.devtools_hints == Option::on) preflight_failure(method_passed, headers);
}

// N22: what did pass is granted, so that the browser itself refuses, and its console says for which name.
void Judge::preflight_failure(bool method_passed, const RequestedHeaders& headers) noexcept {
    if (headers.reason == Reason::headers_too_many) return;
    // Browsers never look for a safelisted method in the list: the hint would let the request through. In enforce mode
    // it is refused when it comes; in headers mode nobody else would stop it.
    const std::string_view method = question_.request_method.front();
    if (!method_passed && is_safelisted_method(method) && policy_->source().mode == Mode::headers) return;
    verdict_.action = Action::answer_preflight;
    verdict_.status = 204;
    verdict_.hint = true;
    grant_preflight(headers);
    if (!method_passed && policy_->source().minimal_disclosure == Option::on) verdict_.grants.allow_methods = {};
}

void Judge::grant_preflight(const RequestedHeaders& headers) noexcept {
    const PolicySource& source = policy_->source();
    grant_reading();
    Grants& grants = verdict_.grants;
    grants.expose_headers = {};  // N19
    const std::string_view method = question_.request_method.front();
    // Fetch: "*" is a name like any other when credentials are included, so the method itself is named then (N16).
    if (source.minimal_disclosure == Option::on || (source.methods.any() && policy_->with_credentials())) {
        grants.allow_methods = method;
    } else {
        grants.allow_methods =
            method == "OPTIONS" ? policy_->allow_methods_options_value() : policy_->allow_methods_value();
    }
    grants.allow_headers = headers.allowed;
    grants.allow_private_network = source.allow_private_network == Option::on &&
                                   question_.request_private_network.size() == 1 &&
                                   question_.request_private_network.front() == "true";
}

void Judge::actual() noexcept {
    const PolicySource& source = policy_->source();
    verdict_.grants.vary = policy_->open_to_all() ? VaryGrant::none : VaryGrant::origin;  // N28, N29
    if (source.cross_site_navigation == CrossSiteNavigation::allow && question_.method == "POST" &&
        is_navigation(question_) && caller_.form != OriginForm::malformed) {
        // N45: a form of another site navigates here; its page never reads the answer, so nothing is granted, nor kept.
        verdict_.kind = RequestKind::navigation;
        verdict_.forward_origin = source.forward_origin == Option::on;
        return;
    }
    bool origin_allowed = false;
    switch (caller_.relation) {
        case Relation::same_origin:
            break;
        case Relation::no_origin:
            verdict_.reason = judge_missing_origin(question_, caller_);
            break;
        case Relation::cross_origin:
            verdict_.reason = judge_origin(*policy_, caller_);
            origin_allowed = verdict_.reason == Reason::none;
            if (origin_allowed) verdict_.reason = judge_method();
            break;
    }
    refuse_or_forward(origin_allowed);
}

// N43. The answer to a handshake that is not a 101 is an answer like any other: who may read it is up to `origins`.
void Judge::handshake() noexcept {
    verdict_.grants.vary = policy_->open_to_all() ? VaryGrant::none : VaryGrant::origin;
    verdict_.reason = judge_handshake(*policy_, caller_);
    const bool foreign = caller_.relation == Relation::cross_origin;
    const bool may_read = foreign && judge_origin(*policy_, caller_) == Reason::none;
    refuse_or_forward(may_read && verdict_.reason == Reason::none);
    verdict_.forward_origin = true;  // N47
    if (foreign && !may_read) verdict_.upstream_headers = UpstreamTreatment::replace;
}

// N31, N34: for callers that are held to the list of methods.
Reason Judge::judge_method() noexcept {
    if (!admits_method(*policy_, question_.method)) {
        verdict_.culprit = question_.method;
        return Reason::method_not_allowed;
    }
    for (const std::string_view method : question_.method_override) {
        if (!ascii::is_token(method) || is_forbidden_method(method) || !admits_method(*policy_, method)) {
            verdict_.culprit = method;
            return Reason::override_not_allowed;
        }
    }
    return Reason::none;
}

// N30's table for actual requests.
void Judge::refuse_or_forward(bool origin_allowed) noexcept {
    const PolicySource& source = policy_->source();
    const bool enforced = source.mode == Mode::enforce && verdict_.reason != Reason::none;
    if (enforced) {
        verdict_.action = Action::refuse;
        verdict_.status = 403;
    }
    // N29: under "*" every forwarded answer is the same, whoever asks.
    if (origin_allowed || (policy_->open_to_all() && !enforced)) grant_reading();
    if (verdict_.reason == Reason::none) {
        verdict_.forward_origin = source.forward_origin == Option::on;  // N47
        if (source.upstream_headers == UpstreamHeaders::keep) verdict_.upstream_headers = UpstreamTreatment::keep;
    }
}

// N14, N15, N27, N46.
void Judge::grant_reading() noexcept {
    const PolicySource& source = policy_->source();
    Grants& grants = verdict_.grants;
    grants.allow_origin = policy_->open_to_all() ? std::string_view("*") : question_.origin.front();
    grants.allow_credentials = policy_->with_credentials();
    grants.expose_headers = policy_->expose_headers_value();
    if (source.timing_allow_origin == Option::on) grants.timing_allow_origin = grants.allow_origin;
    verdict_.merge_expose = source.merge_expose == Option::on;
}

// N30: nothing changes for anybody; the reason stays, to be logged and counted.
void Judge::finish_report_only() noexcept {
    verdict_.action = Action::forward;
    verdict_.status = 0;
    verdict_.hint = false;
    verdict_.upstream_headers = UpstreamTreatment::untouched;
    verdict_.merge_expose = false;
    verdict_.forward_origin = true;
    verdict_.grants = {};
}

}  // namespace

Verdict decide(const Governed& governed, const Question& question, Scratch& scratch) noexcept {
    return Judge(governed, question, scratch).run();
}

// Fetch section 4.10, "CORS check".
bool readable(const UpstreamGrant& grant, std::string_view origin, Credentials credentials) noexcept {
    // Steps 1 and 2: no header at all. Several lines combine into one value, which is neither "*" nor an origin.
    if (grant.allow_origin_lines != 1) return false;
    // Step 3.
    if (credentials == Credentials::omitted && grant.allow_origin == "*") return true;
    // Steps 4 to 6.
    if (grant.allow_origin != origin) return false;
    if (credentials == Credentials::omitted) return true;
    // Steps 7 to 9.
    return grant.allow_credentials == "true";
}

}  // namespace corsd::cors
