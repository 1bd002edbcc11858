#include "cors/token_set.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace corsd::cors {
namespace {

// Orders a lower-case listed name against a name in any case, as if the latter were lower-case.
bool before(std::string_view listed, std::string_view name) noexcept {
    return std::lexicographical_compare(listed.begin(), listed.end(), name.begin(), name.end(), [](char a, char b) {
        return static_cast<unsigned char>(ascii::to_lower(a)) < static_cast<unsigned char>(ascii::to_lower(b));
    });
}

}  // namespace

bool is_forbidden_method(std::string_view method) noexcept {
    return ascii::equals_lower(method, "connect") || ascii::equals_lower(method, "trace") ||
           ascii::equals_lower(method, "track");
}

MethodSet::MethodSet(std::vector<std::string> names) {
    for (std::string& name : names) {
        if (name == "*") any_ = true;
        if (!lists(name)) names_.push_back(std::move(name));
    }
    if (any_) names_.clear();
}

bool MethodSet::lists(std::string_view name) const noexcept {
    return std::find(names_.begin(), names_.end(), name) != names_.end();
}

HeaderSet::HeaderSet(std::vector<std::string> names) {
    for (std::string& name : names) {
        if (name == "*") {
            any_ = true;
            continue;
        }
        std::transform(name.begin(), name.end(), name.begin(), ascii::to_lower);
        names_.push_back(std::move(name));
    }
    std::sort(names_.begin(), names_.end());
    names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
    authorization_ = lists("authorization");
}

bool HeaderSet::lists(std::string_view name) const noexcept {
    const auto found = std::lower_bound(names_.begin(), names_.end(), name, before);
    return found != names_.end() && ascii::equals_lower(name, *found);
}

bool HeaderSet::allows(std::string_view name) const noexcept {
    return lists(name) || (any_ && !ascii::equals_lower(name, "authorization"));
}

}  // namespace corsd::cors
