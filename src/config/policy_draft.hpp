// Policy keys (C1) on their way to an effective policy: values with defaults and inheritance applied, and where each
// was written.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/fields.hpp"
#include "config/origin_list.hpp"
#include "config/provenance.hpp"
#include "cors/policy.hpp"

namespace corsd::config {

struct PolicyDraft {
    cors::PolicySource source;  // without `span` and `websocket_origins`, which each resource sets
    std::shared_ptr<const OriginList> origins = OriginLists::none();
    /// Null: inherit (N43).
    std::shared_ptr<const OriginList> websocket_origins;
    Permissions permissions;
    SourceSpan permissions_span, credentials_span, expose_span;
    /// Where each of source.methods was written.
    std::vector<SourceSpan> method_spans;
    std::shared_ptr<const WrittenKeys> written;
};

/// The policy keys of one map, which stands at `level`, on top of what is inherited.
[[nodiscard]] PolicyDraft read_policy(Fields& fields, WrittenKeys::Level level, const PolicyDraft& inherited,
                                      OriginLists& lists);

/// C6's draft: no origins, of pages and of WebSockets; everything else as inherited.
[[nodiscard]] PolicyDraft without_origins(PolicyDraft draft);

}  // namespace corsd::config
