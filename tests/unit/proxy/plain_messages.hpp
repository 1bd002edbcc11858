// Short messages, and a policy that lets them pass.
#pragma once

#include <string>
#include <string_view>

#include "test_bed.hpp"

namespace corsd::tests {

inline const std::string kPolicy = R"(
public_origin: http://api.test
resources:
  /*:
    origins: [https://app.test]
    methods: [GET, POST, PUT]
)";
inline const std::string kHost = "Host: api.test\r\n";
inline const std::string kGet = "GET / HTTP/1.1\r\n" + kHost + "\r\n";
inline const std::string kPost = "POST / HTTP/1.1\r\n" + kHost + "Content-Length: 2\r\n\r\nhi";
inline const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// That policy, and two endpoints, to be set with `keys` as well.
inline std::string with_upstream(const std::string& keys) {
    return "upstreams: {default: {endpoints: [\"http://127.0.0.1:1\", \"http://127.0.0.1:2\"], " + keys + "}}\n" +
           kPolicy;
}

inline bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

/// Serves one GET, so that a connection to the upstream is kept.
inline Peer warm(TestBed& bed, Peer& client) {
    client.send(kGet);
    Peer upstream = bed.accept_upstream();
    (void)upstream.receive_until("\r\n\r\n");
    upstream.send(kOk);
    (void)client.receive_until("\r\n\r\nok");
    return upstream;
}

}  // namespace corsd::tests
