#include "cli/explain_hearing.hpp"

#include <utility>

#include "http/problem.hpp"
#include "proxy/grants.hpp"
#include "proxy/head_limits.hpp"
#include "proxy/head_text.hpp"
#include "proxy/own_answer.hpp"
#include "proxy/refusal.hpp"
#include "proxy/route_request.hpp"

namespace corsd::cli::explained {

namespace {

/// The head as browsers write it.
[[nodiscard]] std::string head_of(const cors::WireRequest& wire) {
    const std::size_t authority = wire.url.find("//") + 2;
    const std::size_t path = std::min(wire.url.find_first_of("/?", authority), wire.url.size());
    std::string target = wire.url.substr(path);
    if (!target.starts_with('/')) target.insert(0, 1, '/');
    std::string out =
        wire.method + " " + target + " HTTP/1.1\r\nHost: " + wire.url.substr(authority, path - authority) + "\r\n";
    for (const cors::HeaderLine& line : wire.headers)
        out += line.name + ": " + line.value + "\r\n";
    return out + "\r\n";
}

void note_fields(Hearing& hearing, const proxy::AnswerHead& head) {
    for (const proxy::NameValue& field : std::span(head.own).first(head.own_count)) {
        hearing.response.headers.push_back({std::string(field.name), std::string(field.value)});
    }
}

void write_own(Hearing& hearing, const proxy::AnswerHead& head) {
    proxy::HeadText text;
    proxy::append_answer_head(text, head);
    if (head.framing.kind == http::BodyKind::length) proxy::append_content_length(text, head.framing.length);
    hearing.head = text.view();
    hearing.status = hearing.response.status = head.status;
    note_fields(hearing, head);
}

void answer_problem(Hearing& hearing, const proxy::OwnProblem& problem) {
    proxy::AnswerHead head;
    proxy::compose_problem(head, hearing.body, problem, kNow);
    write_own(hearing, head);
    if (hearing.sent.method == "HEAD") hearing.body.clear();
}

void lose(Hearing& hearing, Reason reason, const char* detail) {
    hearing.lost = reason;
    if (hearing.lost_detail.empty()) hearing.lost_detail = detail;
    answer_problem(hearing, {http::status_of(reason), reason, hearing.lost_detail, nullptr});
}

/// The upstream's own headers are unknown: supposed are those that the browser wants.
void suppose_grants(Hearing& hearing) {
    const cors::Question& question = hearing.inquiry.question;
    if (question.origin.empty()) return;
    cors::HeaderLines& headers = hearing.response.headers;
    headers.push_back({"Access-Control-Allow-Origin", std::string(question.origin.front())});
    headers.push_back({"Access-Control-Allow-Credentials", "true"});
    for (const std::string_view method : question.request_method) {
        headers.push_back({"Access-Control-Allow-Methods", std::string(method)});
    }
    for (const std::string_view names : question.request_headers) {
        headers.push_back({"Access-Control-Allow-Headers", std::string(names)});
    }
}

void pass_on(Hearing& hearing) {
    proxy::AnswerHead head;
    proxy::MergedValues merged;
    const bool handshake = hearing.inquiry.verdict.kind == cors::RequestKind::websocket;
    // N43: a 101 grants nothing.
    if (!handshake) proxy::mark_forwarded(head, hearing.inquiry.verdict, {}, merged);
    proxy::HeadText text;
    for (const proxy::NameValue& field : std::span(head.own).first(head.own_count))
        proxy::append_field(text, field.name, field.value);
    hearing.head = text.view();
    hearing.response.status = handshake ? 101 : 200;
    note_fields(hearing, head);
    if (hearing.up_to_upstream()) suppose_grants(hearing);
}

}  // namespace

Hearing::Hearing(const config::Config& config)
    : reader(proxy::head_limits_of(config.limits), proxy::underscores_of(config.headers.underscores)) {}

std::unique_ptr<Hearing> Court::hear(cors::WireRequest wire) const {
    auto hearing = std::make_unique<Hearing>(snapshot_->config());
    Hearing& one = *hearing;
    one.sent = std::move(wire);
    one.bytes = head_of(one.sent);
    if (one.reader.feed(one.bytes) != http::Progress::complete) {
        const http::ParseFailure& failure = one.reader.failure();
        lose(one, failure.reason == Reason::none ? Reason::bad_request : failure.reason, failure.detail);
        return hearing;
    }
    const http::RequestHead& head = one.reader.head();
    const std::array<std::uint8_t, 16> nobody{};
    const proxy::Arrived arrived{head, nobody, "corsd-explain"};
    const http::ParseFailure failure = proxy::route_request(one.inquiry, *snapshot_, arrived, one.lost_detail);
    if (failure.reason != Reason::none) {
        lose(one, failure.reason, failure.detail);
        return hearing;
    }
    one.resource = one.inquiry.governed;
    one.upstream = snapshot_->config().upstreams[one.inquiry.upstream].name;
    one.inquiry.governed = &in_force(one.inquiry.governed);
    proxy::ask(one.inquiry.question, head);
    const cors::Verdict& verdict = one.inquiry.verdict =
        cors::decide(*one.inquiry.governed, one.inquiry.question, one.scratch);
    one.inquiry.decided = true;
    switch (verdict.action) {
        case cors::Action::answer_preflight: {
            proxy::AnswerHead answer;
            proxy::compose_preflight(answer, verdict, kNow);
            write_own(one, answer);
            break;
        }
        case cors::Action::refuse: {
            const std::string detail = proxy::refusal_detail(one.inquiry);
            answer_problem(one, {verdict.status, verdict.reason, detail, &verdict.grants});
            break;
        }
        case cors::Action::forward:
            pass_on(one);
            break;
    }
    return hearing;
}

void Court::amend(const cors::Governed* of, cors::Governed instead) {
    original_ = of;
    amended_ = std::make_shared<const cors::Governed>(std::move(instead));
}

const cors::Governed& Court::in_force(const cors::Governed* of) const noexcept {
    return of == original_ && amended_ != nullptr ? *amended_ : *of;
}

}  // namespace corsd::cli::explained
