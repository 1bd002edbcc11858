#include "config/report.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace corsd::config {

Diagnostic& Report::add(Severity severity, std::string_view code, const SourceSpan& span, std::string message) {
    if (span.known()) {
        std::string key(code);
        for (const std::uint32_t part : {span.file, span.line, span.column})
            key += ':' + std::to_string(part);
        if (!seen_.insert(std::move(key)).second) {
            repeated_ = {};
            return repeated_;
        }
    }
    if (severity == Severity::error) ++errors_;
    Diagnostic& added = all_.emplace_back();
    added.severity = severity;
    added.code = code;
    added.span = span;
    added.message = std::move(message);
    return added;
}

std::vector<Diagnostic> Report::take() {
    const auto place = [](const Diagnostic& d) { return std::tuple(d.span.file, d.span.line, d.span.column); };
    std::stable_sort(all_.begin(), all_.end(),
                     [&](const Diagnostic& a, const Diagnostic& b) { return place(a) < place(b); });
    return std::move(all_);
}

}  // namespace corsd::config
