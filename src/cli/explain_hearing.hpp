// One request through corsd without a socket: the same tokenizer, routing, decision and answers as in the proxy.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/snapshot.hpp"
#include "cors/browser.hpp"
#include "cors/decide.hpp"
#include "http/h1_reader.hpp"
#include "proxy/inquiry.hpp"

namespace corsd::cli::explained {

/// What stands where an answer has the time of day.
inline constexpr std::string_view kNow = "(now)";

/// Everything that came up. Its parts view into each other.
struct Hearing {
    explicit Hearing(const config::Config& config);
    Hearing(const Hearing&) = delete;
    Hearing& operator=(const Hearing&) = delete;

    cors::WireRequest sent;
    std::string bytes;  // its head
    http::RequestReader reader;
    proxy::Inquiry inquiry;
    cors::Scratch scratch;
    const cors::Governed* resource = nullptr;  // as the file has it, whatever was amended
    std::string upstream;                      // its name
    /// Why there is no resource; Reason::none when there is one.
    Reason lost = Reason::none;
    std::string lost_detail;

    /// The status of the answer; 0: the upstream's.
    std::uint16_t status = 0;
    /// Status line and fields of corsd's own answer, or the fields that it adds to the upstream's: with CRLF, as on the
    /// wire.
    std::string head;
    std::string body;
    /// What the browser judges. Of an answer that the upstream alone grants, it is supposed that it grants.
    cors::WireResponse response;

    [[nodiscard]] Reason reason() const noexcept {
        return lost != Reason::none ? lost : inquiry.decided ? inquiry.verdict.reason : Reason::none;
    }
    [[nodiscard]] bool forwarded() const noexcept {
        return inquiry.decided && inquiry.verdict.action == cors::Action::forward;
    }
    /// The upstream's own CORS headers reach the browser, and nobody here knows them.
    [[nodiscard]] bool up_to_upstream() const noexcept {
        return forwarded() && inquiry.verdict.upstream_headers != cors::UpstreamTreatment::replace &&
               inquiry.verdict.kind != cors::RequestKind::websocket;
    }
};

/// corsd with a configuration, of which the policy of one resource can be amended: what would it say then?
class Court {
  public:
    explicit Court(const config::Snapshot& snapshot) : snapshot_(&snapshot) {}

    [[nodiscard]] std::unique_ptr<Hearing> hear(cors::WireRequest wire) const;
    /// From now on what `of`, a resource of the snapshot, governs is judged by `instead`.
    void amend(const cors::Governed* of, cors::Governed instead);
    /// The policy in force where the snapshot has `of`.
    [[nodiscard]] const cors::Governed& in_force(const cors::Governed* of) const noexcept;
    [[nodiscard]] const config::Snapshot& snapshot() const noexcept { return *snapshot_; }

  private:
    const config::Snapshot* snapshot_;
    const cors::Governed* original_ = nullptr;
    std::shared_ptr<const cors::Governed> amended_;
};

}  // namespace corsd::cli::explained
