#include "cors/preflight_cache.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace corsd::cors {
namespace {

// "Cache entry match": what was allowed with credentials serves without them, never the other way round.
bool serves(const PreflightKey& kept, const PreflightKey& asked) noexcept {
    return kept.origin == asked.origin && kept.url == asked.url &&
           (kept.credentials == Credentials::included || asked.credentials == Credentials::omitted);
}

std::chrono::seconds lifetime(std::string_view text) noexcept {
    if (text.empty() || !std::all_of(text.begin(), text.end(), ascii::is_digit)) return PreflightCache::kAssumed;
    std::chrono::seconds value{0};
    for (const char digit : text)
        value = std::min(value * 10 + std::chrono::seconds{digit - '0'}, PreflightCache::kLimit);
    return value;
}

}  // namespace

void PreflightCache::pass(std::chrono::seconds time) {
    for (Entry& entry : entries_)
        entry.left -= time;
    entries_.erase(
        std::remove_if(entries_.begin(), entries_.end(), [](const Entry& entry) { return entry.left.count() <= 0; }),
        entries_.end());
}

bool PreflightCache::is_method(const Entry& entry, const PreflightKey& key, std::string_view method) noexcept {
    return serves(entry.key, key) && !entry.method.empty() && (entry.method == method || entry.method == "*");
}

bool PreflightCache::is_header(const Entry& entry, const PreflightKey& key, std::string_view name) noexcept {
    if (!serves(entry.key, key) || entry.name.empty()) return false;
    return ascii::iequals(entry.name, name) || (entry.name == "*" && !ascii::equals_lower(name, "authorization"));
}

bool PreflightCache::knows_method(const PreflightKey& key, std::string_view method) const noexcept {
    return std::any_of(entries_.begin(), entries_.end(),
                       [&](const Entry& entry) { return is_method(entry, key, method); });
}

bool PreflightCache::knows_header(const PreflightKey& key, std::string_view name) const noexcept {
    return std::any_of(entries_.begin(), entries_.end(),
                       [&](const Entry& entry) { return is_header(entry, key, name); });
}

void PreflightCache::put(Entry fresh) {
    bool found = false;
    for (Entry& entry : entries_) {
        const bool same =
            fresh.method.empty() ? is_header(entry, fresh.key, fresh.name) : is_method(entry, fresh.key, fresh.method);
        if (!same) continue;
        entry.left = fresh.left;
        found = true;
    }
    if (!found) entries_.push_back(std::move(fresh));
}

void PreflightCache::remember(const PreflightKey& key, std::string_view max_age,
                              const std::vector<std::string>& methods, const std::vector<std::string>& names) {
    const std::chrono::seconds left = lifetime(max_age);
    for (const std::string& method : methods)
        put({key, method, {}, left});
    for (const std::string& name : names)
        put({key, {}, name, left});
    pass(std::chrono::seconds{0});
}

void PreflightCache::forget(const PreflightKey& key) {
    entries_.erase(
        std::remove_if(entries_.begin(), entries_.end(),
                       [&](const Entry& entry) { return entry.key.origin == key.origin && entry.key.url == key.url; }),
        entries_.end());
}

}  // namespace corsd::cors
