// What a request asks and how it is judged: everything that its head, the snapshot and the policy decide, and no
// connection has a part in. The proxy and `corsd explain` fill it by the same calls.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/snapshot.hpp"
#include "cors/question.hpp"
#include "cors/verdict.hpp"
#include "http/forwarded.hpp"
#include "http/target.hpp"

namespace corsd::proxy {

/// Is the peer one of trusted_proxies?
enum class Peer : std::uint8_t { untrusted, trusted };

/// Views point into the request's head, the snapshot and the storage below. Recycled: a warm one allocates nothing.
struct Inquiry {
    // 1 route
    http::Target target;
    Peer peer = Peer::untrusted;
    http::ForwardedView forwarded;  // of a trusted peer only
    std::string host_storage;       // lower-case, without one trailing dot
    std::string path_storage;
    std::string_view path;    // canonical; "*" for OPTIONS *
    std::string_view scheme;  // as the client's side has it: http or https
    const config::ServingSite* site = nullptr;
    route::HostMatch host_match = route::HostMatch::none;  // how the host found the site
    const cors::Governed* governed = nullptr;
    std::size_t upstream = 0;
    std::size_t first_policy = 0;  // of governed's entries

    // 2 decide
    cors::Question question;
    cors::Verdict verdict;
    bool decided = false;
};

}  // namespace corsd::proxy
