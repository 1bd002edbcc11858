#include "cors/policy.hpp"

#include <algorithm>

#include "base/wording.hpp"

namespace corsd::cors {
Policy::Policy(PolicySource source) : source_(std::move(source)) {
    open_to_all_ = source_.origins.any() && source_.credentials == Option::off;
    allow_methods_ = source_.methods.any() ? "*" : comma_list(source_.methods.names());
    allow_methods_options_ = allow_methods_;
    if (!source_.methods.any() && !source_.methods.lists("OPTIONS")) {
        allow_methods_options_ += allow_methods_.empty() ? "OPTIONS" : ", OPTIONS";
    }
    expose_headers_ = comma_list(source_.expose_headers);
    // N18: browsers take -1 and 0 alike, "do not cache".
    if (source_.max_age) max_age_ = std::to_string(std::max<long long>(0, source_.max_age->count()));
}

}  // namespace corsd::cors
