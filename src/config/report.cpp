#include "config/report.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace corsd::config {

Diagnostic& Report::add(Severity severity, std::string_view code, const SourceSpan& span, std::string message) {
    if (span.known() && !full()) {
        std::string key(code);
        for (const std::uint32_t part : {span.file, span.line, span.column})
            key += ':' + std::to_string(part);
        if (!seen_.insert(std::move(key)).second) {
            repeated_ = {};
            return repeated_;
        }
    }
    if (severity == Severity::error) ++errors_;
    if (full()) {
        if (dropped_++ == 0) first_dropped_ = span;
        repeated_ = {};
        return repeated_;
    }
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
    if (dropped_ > 0) {
        Diagnostic& rest = all_.emplace_back();
        rest.severity = errors_ > 0 ? Severity::error : Severity::warning;
        rest.code = "too-many";
        rest.span = first_dropped_;
        rest.message = "more problems than these were found; mend some and check again";
    }
    return std::move(all_);
}

}  // namespace corsd::config
