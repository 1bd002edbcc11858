// Signals are the main thread's business: other threads are made with all of them blocked.
#pragma once

#include <pthread.h>

#include <csignal>

namespace corsd::ops {

/// Blocks all signals of the calling thread while it lives; a thread that is made meanwhile starts that way.
class SignalsBlocked {
  public:
    SignalsBlocked() noexcept {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

  private:
    sigset_t before_;
};

}  // namespace corsd::ops
