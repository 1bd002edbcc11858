#include "route/site_table.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace corsd::route {
namespace {

bool is_dotted_quad(std::string_view host) noexcept {
    return std::count(host.begin(), host.end(), '.') == 3 &&
           std::all_of(host.begin(), host.end(), [](char c) { return ascii::is_digit(c) || c == '.'; });
}

}  // namespace

bool is_local_name(std::string_view host) noexcept {
    constexpr std::string_view kSuffix = ".localhost";
    if (host.empty() || host == "localhost" || host.front() == '[' || is_dotted_quad(host)) return true;
    return host.size() > kSuffix.size() && host.substr(host.size() - kSuffix.size()) == kSuffix;
}

SiteTable::SiteTable(const std::vector<Names>& sites) {
    for (std::size_t i = 0; i < sites.size(); ++i) {
        const Names& names = sites[i];
        if (!names.public_host.empty())
            exact_.insert_or_assign(names.public_host, SiteMatch{i, HostMatch::public_origin});
        for (const std::string& host : names.hosts) {
            if (host == "*") {
                if (any_.how == HostMatch::none) any_ = {i, HostMatch::any};
            } else if (host.substr(0, 2) == "*.") {
                wildcard_.try_emplace(host.substr(2), SiteMatch{i, HostMatch::wildcard});
            } else {
                exact_.try_emplace(host, SiteMatch{i, HostMatch::exact});
            }
        }
        const bool nameless = names.public_host.empty() && names.hosts.empty();
        if (nameless && fallback_.how == HostMatch::none) fallback_ = {i, HostMatch::fallback};
        if (names.unnamed || sites.size() == 1) local_ = {i, HostMatch::fallback};
    }
}

SiteTable::Answers SiteTable::answers_of(std::size_t site) const {
    Answers answers;
    for (const auto& [host, match] : exact_) {
        if (match.site == site) answers.hosts.push_back(host);
    }
    std::sort(answers.hosts.begin(), answers.hosts.end());
    std::vector<std::string> wildcards;
    for (const auto& [host, match] : wildcard_) {
        if (match.site == site) wildcards.push_back("*." + host);
    }
    std::sort(wildcards.begin(), wildcards.end(), [](const std::string& a, const std::string& b) {
        return a.size() != b.size() ? a.size() > b.size() : a < b;
    });
    answers.hosts.insert(answers.hosts.end(), wildcards.begin(), wildcards.end());
    // As in match(): the first of the three that is there takes what is left.
    const SiteMatch& rest = any_.how != HostMatch::none ? any_ : fallback_;
    answers.other_hosts = rest.how != HostMatch::none && rest.site == site;
    answers.local_hosts = rest.how == HostMatch::none && local_.how != HostMatch::none && local_.site == site;
    return answers;
}

SiteMatch SiteTable::match(std::string_view host) const noexcept {
    if (const auto found = exact_.find(host); found != exact_.end()) return found->second;
    if (!wildcard_.empty()) {
        // From the left, so that the longest wildcard is found first; '*' is at least one whole label.
        for (std::size_t dot = host.find('.', 1); dot != std::string_view::npos && host.front() != '.';
             dot = host.find('.', dot + 1)) {
            if (const auto found = wildcard_.find(host.substr(dot + 1)); found != wildcard_.end()) {
                return found->second;
            }
        }
    }
    if (any_.how != HostMatch::none) return any_;
    if (fallback_.how != HostMatch::none) return fallback_;
    if (local_.how != HostMatch::none && is_local_name(host)) return local_;
    return {};
}

}  // namespace corsd::route
