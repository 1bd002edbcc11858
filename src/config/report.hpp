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
    [[nodiscard]] bool has_errors() const noexcept { return errors_ != 0; }

    /// All of them, in order of file, line and column.
    [[nodiscard]] std::vector<Diagnostic> take();

  private:
    Diagnostic& add(Severity severity, std::string_view code, const SourceSpan& span, std::string message);

    std::vector<Diagnostic> all_;
    std::unordered_set<std::string> seen_;
    Diagnostic repeated_;  // what a second report of the same thing writes into
    std::size_t errors_ = 0;
};

}  // namespace corsd::config
