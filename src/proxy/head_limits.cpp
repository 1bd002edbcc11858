#include "proxy/head_limits.hpp"

namespace corsd::proxy {

http::HeadLimits head_limits_of(const config::Limits& limits) noexcept {
    return {limits.max_header_bytes, limits.max_header_fields, limits.max_target_bytes};
}

http::Underscores underscores_of(config::Underscores underscores) noexcept {
    switch (underscores) {
        case config::Underscores::drop:
            return http::Underscores::drop;
        case config::Underscores::keep:
            return http::Underscores::keep;
        case config::Underscores::reject:
            return http::Underscores::reject;
    }
    return http::Underscores::drop;
}

}  // namespace corsd::proxy
