#include "proxy/tries.hpp"

#include <algorithm>
#include <utility>

#include "proxy/edition.hpp"
#include "proxy/worker.hpp"

namespace corsd::proxy {

Tries::Tries(Context& context, UpstreamPool& pool, Repeatable repeatable)
    : context_(context),
      pool_(pool),
      repeatable_(repeatable),
      left_(pool.upstream().retries),
      connect_left_(context.edition->timeouts().connect) {}

std::unique_ptr<H1Client> Tries::take_kept() {
    chosen_ = pool_.choose(failed_);
    if (chosen_ == nullptr || !first_) return nullptr;
    const bool forgiving = repeatable_ == Repeatable::yes && left_ > 0;
    return pool_.take_idle(**chosen_, forgiving ? Check::none : Check::alive);
}

UpstreamPool::Wish Tries::wish() const {
    UpstreamPool::Wish wish;
    wish.exchange = context_.exchange;
    if (chosen_ != nullptr) wish.endpoint = *chosen_;
    wish.kept = first_ ? Kept::welcome : Kept::unwelcome;
    wish.may_fail_over = left_ > 0;
    wish.connect_within = connect_left_;
    return wish;
}

std::unique_ptr<H1Client> Tries::take_opened(UpstreamPool::Opened opened) {
    if (opened.endpoint != nullptr) {
        context_.upstream_counters->connects.add();
        if (opened.client == nullptr) context_.upstream_counters->connect_failures.add();
        context_.upstream_endpoint = opened.endpoint->text;
        connect_left_ -= opened.dialled;
    }
    context_.failure = opened.failure;
    if (opened.failure.failed() && opened.endpoint != nullptr) note_failure(*opened.endpoint);
    return std::move(opened.client);
}

void Tries::note_failure(Endpoint& endpoint) {
    failed_ = endpoint.id;
    if (pool_.note_failure(endpoint, context_.failure) == Standing::ejected) {
        context_.upstream_counters->ejections.add();
    }
}

bool Tries::may_repeat() const {
    switch (context_.failure.retry) {
        case Retry::no:
            return false;
        case Retry::idempotent:
            return repeatable_ == Repeatable::yes;
        case Retry::any:
            break;
    }
    // Who does not let us in now will not a moment later.
    return context_.failure.stage != Stage::connect || (connect_left_.count() > 0 && pool_.has_other(failed_));
}

bool Tries::again() {
    if (left_ == 0 || context_.exchange->peer_gone() || !may_repeat()) return false;
    --left_;
    context_.upstream_counters->retries.add();
    first_ = false;
    context_.failure = {};
    return true;
}

}  // namespace corsd::proxy
