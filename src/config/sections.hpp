// The sections of the file, each read into its part of a Config. Problems are reported; what is good is filled in all
// the same.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "config/fields.hpp"
#include "config/policy_draft.hpp"
#include "config/settings.hpp"
#include "config/validate.hpp"

namespace corsd::config {

/// A value as if the file had it.
[[nodiscard]] Node default_text(std::string_view text);
/// Reports a short form beside the long one that it stands for.
void exclusive_forms(Fields& root, std::string_view short_form, std::string_view long_form);

void read_listeners(Fields& root, Config& config);
void read_upstreams(Fields& root, Config& config);
void read_trusted_proxies(Fields& root, Config& config);
/// The status listener. Listeners have been read.
void read_status(Fields& root, Config& config);
/// Listeners and proxies together.
void warn_about_listeners(const Config& config, Report& report);
/// threads, limits, timeouts, paths, headers, log.
void read_tuning(Fields& root, Config& config);

/// Sites, their resources and policies. Upstreams have been read.
class SiteReader {
  public:
    SiteReader(Config& config, OriginLists& lists, Context& context);

    /// `sites:`, or the unnamed site of the top level.
    void read(Fields& root);

  private:
    void read_named(const Node& list, const PolicyDraft& defaults);
    void read_one(Fields& fields, const PolicyDraft& defaults, Site site);
    void read_names(Fields& fields, Site& site);
    void read_public_origin(Fields& fields, Site& site);
    void read_host(const Node& item, Site& site);
    void read_resources(Fields& fields, const PolicyDraft& defaults, Site& site);
    [[nodiscard]] bool read_resource(const Entry& entry, const PolicyDraft& defaults, Site& site);
    void read_entries(const Entry& entry, const PolicyDraft& defaults, Resource& resource);
    void warn_about_entry(Fields& fields, const PolicyDraft& draft, const Resource& resource);
    void add_entry(PolicyDraft draft, const SourceSpan& span, Resource& resource);
    void read_upstream_name(Fields& fields, std::size_t& out);
    void warn_about_names(const Site& site);
    [[nodiscard]] PolicyDraft read_defaults(Fields& fields, WrittenKeys::Level level, const PolicyDraft& inherited);

    Config& config_;
    OriginLists& lists_;
    Context& context_;
    std::unordered_map<std::string, std::size_t> upstreams_;
    std::unordered_map<std::string, SourceSpan> site_names_;
    std::vector<HostClaim> claims_;
    // Of the site being read.
    SourceSpan every_host_;      // its "*"
    bool names_origin_ = false;  // it has a public_origin, right or wrong
    bool elsewhere_ = false;     // its public_origin is not on this machine
    FoldedPaths folded_ = FoldedPaths::unanswered;
};

/// The policy that a file starts from (C2).
[[nodiscard]] PolicyDraft builtin_policy();

}  // namespace corsd::config
