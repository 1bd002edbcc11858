#include "cli/explain_curl.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.hpp"

namespace corsd::cli::explained {

namespace {

enum class Option : std::uint8_t {
    request,
    header,
    data,
    json,
    form,
    upload,
    cookie,
    user,
    user_agent,
    referer,
    range,
    url,
    head,
    get,
    next,
    silent_flag,   // does not matter here
    silent_value,  // neither does its value
};

struct Known {
    std::string_view name;  // "-X" or "--request"
    Option option;
};

constexpr std::array kKnown{
    Known{"-X", Option::request},
    Known{"--request", Option::request},
    Known{"-H", Option::header},
    Known{"--header", Option::header},
    Known{"-d", Option::data},
    Known{"--data", Option::data},
    Known{"--data-raw", Option::data},
    Known{"--data-ascii", Option::data},
    Known{"--data-binary", Option::data},
    Known{"--data-urlencode", Option::data},
    Known{"--json", Option::json},
    Known{"-F", Option::form},
    Known{"--form", Option::form},
    Known{"--form-string", Option::form},
    Known{"-T", Option::upload},
    Known{"--upload-file", Option::upload},
    Known{"-b", Option::cookie},
    Known{"--cookie", Option::cookie},
    Known{"-u", Option::user},
    Known{"--user", Option::user},
    Known{"-A", Option::user_agent},
    Known{"--user-agent", Option::user_agent},
    Known{"-e", Option::referer},
    Known{"--referer", Option::referer},
    Known{"-r", Option::range},
    Known{"--range", Option::range},
    Known{"--url", Option::url},
    Known{"-I", Option::head},
    Known{"--head", Option::head},
    Known{"-G", Option::get},
    Known{"--get", Option::get},
    Known{"-:", Option::next},
    Known{"--next", Option::next},
    Known{"--compressed", Option::silent_flag},
    Known{"-k", Option::silent_flag},
    Known{"--insecure", Option::silent_flag},
    Known{"-s", Option::silent_flag},
    Known{"--silent", Option::silent_flag},
    Known{"-S", Option::silent_flag},
    Known{"--show-error", Option::silent_flag},
    Known{"-i", Option::silent_flag},
    Known{"--include", Option::silent_flag},
    Known{"-v", Option::silent_flag},
    Known{"--verbose", Option::silent_flag},
    Known{"-f", Option::silent_flag},
    Known{"--fail", Option::silent_flag},
    Known{"-g", Option::silent_flag},
    Known{"--globoff", Option::silent_flag},
    Known{"-N", Option::silent_flag},
    Known{"--no-buffer", Option::silent_flag},
    Known{"-O", Option::silent_flag},
    Known{"--http1.1", Option::silent_flag},
    Known{"--http2", Option::silent_flag},
    Known{"--path-as-is", Option::silent_flag},
    Known{"-o", Option::silent_value},
    Known{"--output", Option::silent_value},
    Known{"-m", Option::silent_value},
    Known{"--max-time", Option::silent_value},
    Known{"--connect-timeout", Option::silent_value},
    Known{"-w", Option::silent_value},
    Known{"--write-out", Option::silent_value},
    Known{"-c", Option::silent_value},
    Known{"--cookie-jar", Option::silent_value},
    Known{"-D", Option::silent_value},
    Known{"--dump-header", Option::silent_value},
    Known{"--retry", Option::silent_value},
    Known{"--cacert", Option::silent_value},
    Known{"--resolve", Option::silent_value},
    Known{"-x", Option::silent_value},
    Known{"--proxy", Option::silent_value},
};

[[nodiscard]] const Known* find(std::string_view name) noexcept {
    const auto found =
        std::find_if(kKnown.begin(), kKnown.end(), [&](const Known& known) { return known.name == name; });
    return found == kKnown.end() ? nullptr : &*found;
}

[[nodiscard]] bool takes_value(Option option) noexcept {
    return option != Option::head && option != Option::get && option != Option::next && option != Option::silent_flag;
}

class Reader {
  public:
    explicit Reader(std::vector<std::string> words) : words_(std::move(words)) {}

    [[nodiscard]] CurlRead run() {
        while (next_ < words_.size() && result_.problem.empty() && !ended_)
            word(words_[next_++]);
        if (url_.empty() && result_.problem.empty()) result_.problem = "the curl command names no URL";
        if (result_.problem.empty()) finish();
        return std::move(result_);
    }

  private:
    void note(std::string sentence) { result_.notes.push_back(std::move(sentence)); }

    void word(const std::string& text) {
        if (text == "--" || text == "-" || text.empty()) return;
        if (text[0] != '-') return take_url(text);
        if (text.starts_with("--")) {
            const Known* known = find(text);
            if (known == nullptr) return note("curl's " + text + " is not understood here and left out");
            return apply(text, known->option, {});
        }
        cluster(text);
    }

    /// "-sSXPOST": flags, then one that takes the rest, or the next word.
    void cluster(const std::string& text) {
        for (std::size_t i = 1; i < text.size(); ++i) {
            const std::string name = {'-', text[i]};
            if (name == "-L" || name == "-4" || name == "-6" || name == "-#" || name == "-0") continue;
            const Known* known = find(name);
            if (known == nullptr) {
                note("curl's " + name + " is not understood here and left out");
                continue;
            }
            if (takes_value(known->option)) return apply(name, known->option, text.substr(i + 1));
            apply(name, known->option, {});
        }
    }

    void apply(const std::string& name, Option option, std::string value) {
        if (takes_value(option) && value.empty()) {
            if (next_ == words_.size()) {
                result_.problem = "curl's " + name + " wants a value";
                return;
            }
            value = words_[next_++];
        }
        switch (option) {
            case Option::request:
                method_ = value;
                break;
            case Option::header:
                take_header(value);
                break;
            case Option::data:
            case Option::json:
            case Option::form:
            case Option::upload:
                take_body(option, value);
                break;
            case Option::cookie:
                headers_.push_back("Cookie: " + value);
                break;
            case Option::user:
                headers_.emplace_back("Authorization: Basic (of -u)");
                note("curl's -u is a header Authorization, which a page's script would have to set");
                break;
            case Option::user_agent:
                headers_.push_back("User-Agent: " + value);
                break;
            case Option::referer:
                headers_.push_back("Referer: " + value);
                break;
            case Option::range:
                headers_.push_back("Range: bytes=" + value);
                break;
            case Option::url:
                take_url(value);
                break;
            case Option::head:
                head_ = true;
                break;
            case Option::get:
                get_ = true;
                break;
            case Option::next:
                note("only the request before curl's " + name + " is explained");
                ended_ = true;
                break;
            case Option::silent_flag:
            case Option::silent_value:
                break;
        }
    }

    void take_url(const std::string& text) {
        if (!url_.empty()) return note("a second URL is left out: " + text);
        const bool complete = text.find("://") != std::string::npos || text.starts_with('/');
        url_ = complete ? text : "http://" + text;
    }

    void take_header(const std::string& text) {
        if (text.starts_with('@')) return note("headers from a file are not read: " + text);
        const auto line = header_line(text);
        // "Name:" takes away a header of curl's own.
        if (!line || (line->value.empty() && !text.ends_with(';'))) return;
        headers_.push_back(line->name + ": " + line->value);
    }

    void take_body(Option option, const std::string& value) {
        if (option == Option::upload) {
            upload_ = true;
            return;
        }
        body_ = true;
        if (option == Option::json) {
            type_ = "application/json";
        } else if (option == Option::form) {
            type_ = "multipart/form-data";
        } else {
            query_ += (query_.empty() ? "" : "&") + value;
        }
    }

    void finish() {
        const auto sets = [&](std::string_view name) {
            return std::any_of(headers_.begin(), headers_.end(),
                               [&](const std::string& text) { return ascii::starts_with_lower(text, name); });
        };
        if (get_ && body_) url_ += (url_.find('?') == std::string::npos ? "?" : "&") + query_;
        const bool posts = body_ && !get_;
        if (posts && !sets("content-type:")) headers_.push_back("Content-Type: " + type_);
        if (posts && type_ == "application/json" && !sets("accept:")) headers_.emplace_back("Accept: application/json");
        if (method_.empty()) method_ = head_ ? "HEAD" : posts ? "POST" : upload_ ? "PUT" : "GET";
        Wanted wanted;
        wanted.url = url_;
        wanted.method = method_;
        wanted.headers = std::move(headers_);
        result_.wanted = std::move(wanted);
    }

    std::vector<std::string> words_;
    std::size_t next_ = 1;
    CurlRead result_;
    std::string url_, method_, query_, type_ = "application/x-www-form-urlencoded";
    std::vector<std::string> headers_;
    bool head_ = false, get_ = false, body_ = false, upload_ = false, ended_ = false;
};

}  // namespace

CurlRead read_curl(std::string_view command) {
    Words words = shell_words(command);
    CurlRead result;
    result.problem = words.problem;
    const bool is_curl =
        !words.words.empty() && (words.words.front() == "curl" || words.words.front().ends_with("/curl"));
    if (result.problem.empty() && !is_curl) result.problem = "the command does not begin with curl";
    if (!result.problem.empty()) return result;
    result = Reader(std::move(words.words)).run();
    result.notes.insert(result.notes.begin(), words.notes.begin(), words.notes.end());
    return result;
}

}  // namespace corsd::cli::explained
