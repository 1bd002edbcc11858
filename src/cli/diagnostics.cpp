#include "cli/diagnostics.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdio>
#include <string_view>

namespace corsd::cli {

namespace {

using boost::json::object;
using boost::json::value;
using config::Diagnostic;
using config::printable;
using config::Severity;

std::string_view name_of(Severity severity) noexcept {
    return severity == Severity::error ? "error" : "warning";
}

std::string file_of(const SourceSpan& span, const config::Sources& sources) {
    return span.file < sources.size() ? printable(sources[span.file].name()) : std::string{};
}

object place_as_json(const SourceSpan& span, const config::Sources& sources) {
    object place{{"file", file_of(span, sources)}};
    const auto number = [&](std::uint32_t at) { return span.known() ? value(at) : value(nullptr); };
    place["line"] = number(span.line);
    place["column"] = number(span.column);
    place["end_line"] = number(span.line);
    place["end_column"] = number(span.column + std::max(span.length, 1U));
    return place;
}

value text_or_null(const std::string& text) {
    return text.empty() ? value(nullptr) : value(printable(text));
}

/// A value of a workflow command. In a property `:` and `,` end it.
enum class Part : std::uint8_t { message, property };
void append_escaped(std::string& out, std::string_view text, Part part) {
    for (const char c : text) {
        if (c == '%') {
            out += "%25";
        } else if (c == '\r') {
            out += "%0D";
        } else if (c == '\n') {
            out += "%0A";
        } else if (part == Part::property && c == ':') {
            out += "%3A";
        } else if (part == Part::property && c == ',') {
            out += "%2C";
        } else {
            out += c;
        }
    }
}

void append_command(std::string& out, const Diagnostic& diagnostic, const config::Sources& sources) {
    const SourceSpan& span = diagnostic.span;
    out += "::" + std::string(name_of(diagnostic.severity)) + " file=";
    append_escaped(out, file_of(span, sources), Part::property);
    if (span.known()) {
        out += ",line=" + std::to_string(span.line) + ",col=" + std::to_string(span.column) +
               ",endColumn=" + std::to_string(span.column + std::max(span.length, 1U));
    }
    out += ",title=";
    append_escaped(out, diagnostic.code, Part::property);
    std::string message = printable(diagnostic.message);
    if (!diagnostic.fix.empty()) message += "\nfix: " + printable(diagnostic.fix);
    if (diagnostic.related.known()) {
        message += '\n' + file_of(diagnostic.related, sources) + ':' + std::to_string(diagnostic.related.line) + ": " +
                   printable(diagnostic.related_message);
    }
    out += "::";
    append_escaped(out, message, Part::message);
    out += '\n';
}

}  // namespace

DiagnosticCounts count_diagnostics(const config::Loaded& loaded) {
    DiagnosticCounts counts;
    for (const Diagnostic& diagnostic : loaded.diagnostics)
        ++(diagnostic.severity == Severity::error ? counts.errors : counts.warnings);
    return counts;
}

void print_diagnostics(const config::Loaded& loaded) {
    std::string text;
    for (const Diagnostic& diagnostic : loaded.diagnostics)
        text += config::render(diagnostic, loaded.sources);
    // A file that cannot be read is one diagnostic without a place, and one line.
    if (loaded.diagnostics.empty() || !loaded.diagnostics.front().span.known()) {
        std::fputs(text.c_str(), stderr);
        return;
    }
    const auto [errors, warnings] = count_diagnostics(loaded);
    const auto count = [](std::size_t number, const char* word) {
        return std::to_string(number) + " " + word + (number == 1 ? "" : "s");
    };
    text += count(errors, "error") + ", " + count(warnings, "warning") + "\n";
    std::fputs(text.c_str(), stderr);
}

boost::json::array diagnostics_as_json(const config::Loaded& loaded) {
    boost::json::array all;
    all.reserve(loaded.diagnostics.size());
    for (const Diagnostic& diagnostic : loaded.diagnostics) {
        object one = place_as_json(diagnostic.span, loaded.sources);
        one["severity"] = name_of(diagnostic.severity);
        one["code"] = diagnostic.code;
        one["message"] = printable(diagnostic.message);
        one["fix"] = text_or_null(diagnostic.fix);
        one["related"] = nullptr;
        if (diagnostic.related.known()) {
            object related = place_as_json(diagnostic.related, loaded.sources);
            related["message"] = printable(diagnostic.related_message);
            one["related"] = std::move(related);
        }
        all.push_back(std::move(one));
    }
    return all;
}

std::string diagnostics_as_github(const config::Loaded& loaded) {
    std::string out;
    for (const Diagnostic& diagnostic : loaded.diagnostics)
        append_command(out, diagnostic, loaded.sources);
    return out;
}

}  // namespace corsd::cli
