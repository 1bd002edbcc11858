#include "route/path.hpp"

#include "base/ascii.hpp"

namespace corsd::route {
namespace {

// RFC 3986 section 2.3.
bool is_unreserved(char c) noexcept {
    return ascii::is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

struct Survey {
    PathProblem problem = PathProblem::none;
    bool decode = false;  // some escape stands for an unreserved character
    bool dots = false;    // a segment begins with a dot, or may after decoding
    bool doubles = false;
};

PathProblem check_escape(char decoded, const PathRules& rules) noexcept {
    switch (decoded) {
        case '\0':
            return PathProblem::encoded_nul;
        case '/':
            return rules.encoded_slash == EncodedSlash::refuse ? PathProblem::encoded_slash : PathProblem::none;
        case '\\':
            return PathProblem::encoded_backslash;
        case ';':
            return rules.parameters == PathParameters::refuse ? PathProblem::parameters : PathProblem::none;
        default:
            return PathProblem::none;
    }
}

// What is wrong with the path, and what canonicalising it takes: most paths are canonical already.
Survey survey(std::string_view raw, const PathRules& rules) noexcept {
    Survey found;
    for (std::size_t i = 0; i < raw.size(); ++i) {
        const char c = raw[i];
        const bool starts_segment = i > 0 && raw[i - 1] == '/';
        if (c == '%') {
            const int high = i + 2 < raw.size() ? ascii::hex_value(raw[i + 1]) : -1;
            const int low = i + 2 < raw.size() ? ascii::hex_value(raw[i + 2]) : -1;
            if (high < 0 || low < 0) return {PathProblem::bad_escape};
            const char decoded = static_cast<char>(high * 16 + low);
            if (const PathProblem problem = check_escape(decoded, rules); problem != PathProblem::none) {
                return {problem};
            }
            found.decode = found.decode || is_unreserved(decoded);
            found.dots = found.dots || (starts_segment && decoded == '.');
            i += 2;
        } else if (c == '\\') {
            return {PathProblem::backslash};
        } else if (c == ';' && rules.parameters == PathParameters::refuse) {
            return {PathProblem::parameters};
        } else if (c == '/' && starts_segment) {
            if (rules.double_slashes == DoubleSlashes::refuse) return {PathProblem::double_slashes};
            found.doubles = true;
        } else if (c == '.' && starts_segment) {
            found.dots = true;
        }
    }
    return found;
}

void decode_unreserved(std::string_view raw, std::string& out) {
    out.clear();
    for (std::size_t i = 0; i < raw.size(); ++i) {
        if (raw[i] == '%') {
            const char decoded = static_cast<char>(ascii::hex_value(raw[i + 1]) * 16 + ascii::hex_value(raw[i + 2]));
            if (is_unreserved(decoded)) {
                out += decoded;
                i += 2;
                continue;
            }
        }
        out += raw[i];
    }
}

void merge_slashes(std::string& path) noexcept {
    std::size_t end = 0;
    for (const char c : path) {
        if (c == '/' && end > 0 && path[end - 1] == '/') continue;
        path[end++] = c;
    }
    path.resize(end);
}

// RFC 3986 section 5.2.4, in place; false when ".." climbs above the root, which that algorithm would ignore.
bool remove_dot_segments(std::string& path) noexcept {
    std::size_t end = 0;  // path[0, end) is done: empty, or "/segment" repeated
    for (std::size_t at = 0; at < path.size();) {
        std::size_t next = path.find('/', at + 1);
        if (next == std::string::npos) next = path.size();
        const std::string_view segment(path.data() + at + 1, next - at - 1);
        const bool last = next == path.size();
        if (segment == "..") {
            if (end == 0) return false;
            while (path[--end] != '/') {
            }
        }
        if (segment == "." || segment == "..") {
            if (last) path[end++] = '/';
        } else {
            for (std::size_t i = at; i < next; ++i)
                path[end++] = path[i];
        }
        at = next;
    }
    path.resize(end);
    return true;
}

}  // namespace

std::string_view describe(PathProblem problem) noexcept {
    switch (problem) {
        case PathProblem::none:
            return "";
        case PathProblem::not_absolute:
            return "The path does not start with a slash.";
        case PathProblem::encoded_nul:
            return "The path holds %00, which some servers take for its end.";
        case PathProblem::encoded_slash:
            return "The path holds an encoded slash (%2F), which servers read differently; paths.encoded_slash: keep "
                   "lets it pass.";
        case PathProblem::encoded_backslash:
            return "The path holds an encoded backslash (%5C), which some servers take for a slash.";
        case PathProblem::backslash:
            return "The path holds a backslash, which some servers take for a slash.";
        case PathProblem::bad_escape:
            return "The path holds a '%' that two hexadecimal digits do not follow.";
        case PathProblem::above_root:
            return "The path climbs above the root with '..'.";
        case PathProblem::double_slashes:
            return "The path holds two slashes in a row, which paths.double_slashes refuses.";
        case PathProblem::parameters:
            return "The path holds a ';', which paths.parameters refuses.";
    }
    return "";
}

PathProblem canonical_path(std::string_view raw, const PathRules& rules, std::string& storage, std::string_view& out) {
    if (raw.empty() || raw.front() != '/') return PathProblem::not_absolute;
    const Survey found = survey(raw, rules);
    if (found.problem != PathProblem::none) return found.problem;
    const bool merge = found.doubles && rules.double_slashes == DoubleSlashes::merge;
    if (!found.decode && !found.dots && !merge) {
        out = raw;
        return PathProblem::none;
    }
    decode_unreserved(raw, storage);
    if (merge) merge_slashes(storage);
    if (found.dots && !remove_dot_segments(storage)) return PathProblem::above_root;
    out = storage;
    return PathProblem::none;
}

}  // namespace corsd::route
