#include <string>

#include "cli/schema.hpp"
#include "cli/schema_text.hpp"

namespace corsd::cli {

namespace {

using config::Key;
using config::Section;
using config::Type;

/// Text that roff takes as it is: backslashes and hyphens escaped, and what is no ASCII named.
std::string escaped(std::string_view text) {
    std::string out;
    constexpr std::string_view kArrow = "→";
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text.substr(i).starts_with(kArrow)) {
            out += "\\(->";
            i += kArrow.size() - 1;
        } else if (text[i] == '\\') {
            out += "\\e";
        } else if (text[i] == '-') {
            out += "\\-";
        } else if (text[i] == '~') {
            out += "\\(ti";
        } else if (text[i] == '^') {
            out += "\\(ha";
        } else {
            out += text[i];
        }
    }
    return out;
}

/// One input line a sentence, as roff wants it, with `code` in bold. A line that would begin with a control character
/// is guarded.
std::string prose(std::string_view doc) {
    const std::string plain = plain_doc(doc);
    std::string out, piece;
    bool code = false;
    const auto flush = [&] {
        out += escaped(piece);
        piece.clear();
    };
    for (std::size_t i = 0; i < plain.size(); ++i) {
        if (plain[i] == '`') {
            flush();
            out += code ? "\\fR" : "\\fB";
            code = !code;
        } else if (!code && plain[i] == ' ' && i > 0 && plain[i - 1] == '.') {
            flush();
            out += '\n';
        } else {
            piece += plain[i];
        }
    }
    flush();
    return (out.starts_with('.') || out.starts_with('\'') ? "\\&" : "") + out + "\n";
}

std::string_view heading(Section section) noexcept {
    switch (section) {
        case Section::root:
            return "Top level";
        case Section::policy:
            return "Policy keys, in defaults and in each resource";
        default:
            return path_of(section);
    }
}

std::string values_of(const Key& key) {
    if (key.type != Type::choice) return std::string(config::describe(key.type));
    std::string words;
    for (const std::string_view word : choices_of(key))
        words += (words.empty() ? "" : " | ") + std::string(word);
    return words;
}

void append_key(std::string& out, const Key& key) {
    out += ".TP\n.B " + escaped(key.name) + "\n" + prose(key.doc);
    out += "Value: " + escaped(values_of(key));
    if (config::is_required(key)) {
        out += "; required";
    } else if (const std::string_view text = default_text(key); !text.empty()) {
        out += "; default: \\fB" + escaped(text) + "\\fR";
    }
    out += ".\n";
}

void append_sections(std::string& out) {
    for (const Section section : kSections) {
        std::string_view title = heading(section);
        if (title.ends_with('.')) title.remove_suffix(1);
        out += ".SS " + escaped(title) + "\n";
        for (const Key& key : config::all_keys()) {
            if (key.section == section && key.support == config::Support::supported) append_key(out, key);
        }
    }
}

constexpr std::string_view kBegin = R"(.SH NAME
corsd.yaml \- configuration of corsd, a CORS\-enforcing reverse proxy
.SH SYNOPSIS
.B /etc/corsd/corsd.yaml
.SH DESCRIPTION
One YAML file says where corsd listens, what stands behind it, and which origins may use what.
.B corsd check \-\-config
.I FILE
reports everything that is wrong with it at once.
A file with \fBlisten\fR, \fBupstream\fR and \fBresources\fR is complete; everything else has a default.
.PP
.EX
listen: 127.0.0.1:8080
upstream: http://127.0.0.1:5000
public_origin: https://api.example.com
defaults:
  origins: [https://app.example.com]
resources:
  /api/*:
    methods: [GET, POST]
    allow_headers: [Content\-Type]
.EE
.SH VALUES
.TP
.B Durations
An integer with ms, s, m, h or d; a bare integer is seconds.
.TP
.B Sizes
An integer with KiB, MiB or GiB; a bare integer is bytes.
.TP
.B Booleans
true and false, nothing else.
.TP
.B Substitution
\fB${NAME}\fR, \fB${NAME:\-default}\fR and \fB${NAME:?message}\fR take a value from the environment, \fB${file:PATH}\fR from
a file.
This happens after YAML is read, so a value cannot add keys or list items.
\fB$$\fR is a dollar sign.
.PP
Duplicate keys, unknown keys, aliases and merge keys are errors.
Short and long forms exclude each other: \fBlisten\fR and \fBlisteners\fR, \fBupstream\fR and \fBupstreams\fR, the unnamed
site's keys (\fBpublic_origin\fR, \fBhosts\fR, \fBresources\fR) and \fBsites\fR.
Policy keys stand in \fBdefaults\fR (of the file, of a site) and in a resource; what is nearer wins, and a list replaces the
list it inherits.
.SH FORMAT
)";

constexpr std::string_view kEnd = R"(.SH FILES
.TP
.I /etc/corsd/corsd.yaml
The configuration that the service reads.
.SH SEE ALSO
.BR corsd (8)
)";

}  // namespace

std::string schema_as_man() {
    std::string out = ".TH CORSD.YAML 5 2026-11-22 \"corsd " CORSD_VERSION "\" \"File formats\"\n";
    out += kBegin;
    append_sections(out);
    return out.append(kEnd);
}

}  // namespace corsd::cli
