// Collects the diagnostics of one load, each once, and orders them by place (C10).
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "config/diagnostic.hpp"

namespace corsd::config {

class Report {
  public:
    /// Adds an error and gives it back, so that the caller can add a fix or a related place. The reference lives until
    /// the next call. The same code at the same known place is kept once: effective policies share inherited values.
    Diagnostic& error(std::string_view code, const SourceSpan& span, std::string message) {
        return add(Severity::error, code, span, std::move(message));
    }
    Diagnostic& warning(std::string_view code, const SourceSpan& span, std::string message) {
        return add(Severity::warning, code, span, std::move(message));
    }
    /// So many that nobody reads more: what comes now is counted, not kept. A file of ten megabytes can be wrong at a
    /// million places.
    [[nodiscard]] bool full() const noexcept { return all_.size() >= kMost; }
    [[nodiscard]] bool has_errors() const noexcept { return errors_ != 0; }

    /// All that were kept, in order of file, line and column; behind them, how many were not.
    [[nodiscard]] std::vector<Diagnostic> take();

  private:
    static constexpr std::size_t kMost = 20'000;

    Diagnostic& add(Severity severity, std::string_view code, const SourceSpan& span, std::string message);

    std::vector<Diagnostic> all_;
    std::unordered_set<std::string> seen_;
    Diagnostic repeated_;  // what a second report of the same thing writes into
    std::size_t errors_ = 0, dropped_ = 0;
    SourceSpan first_dropped_;
};

}  // namespace corsd::config
