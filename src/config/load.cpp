#include "config/load.hpp"

#include <utility>

#include "config/sections.hpp"

namespace corsd::config {

namespace {

void read_root(const Node& root, Context& context, Config& config) {
    Fields fields(root, Section::root, context);
    read_listeners(fields, config);
    read_upstreams(fields, config);
    read_trusted_proxies(fields, config);
    read_status(fields, config);
    warn_about_listeners(config, context.report);
    read_tuning(fields, config);
    OriginLists lists(fields.take("groups"), context);
    SiteReader(config, lists, context).read(fields);
}

std::string folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? std::string{} : path.substr(0, slash + 1);
}

}  // namespace

Loaded load_text(std::string text, const std::string& name, const Environment& environment) {
    drop_byte_order_mark(text);
    Loaded loaded;
    loaded.sources.emplace_back(name, text);
    Report report;
    Context context{report, loaded.sources, environment, folder_of(name)};
    Config config;
    if (check_text(text, 0, report)) {
        std::optional<Node> root = parse_document(text, 0, report);
        if (root && root->kind != Node::Kind::map && root->kind != Node::Kind::broken) {
            report_wrong_type(*root, name, "keys and values at the top level", context);
        } else if (root && root->kind == Node::Kind::map) {
            expand(*root, context);
            read_root(*root, context, config);
        }
    }
    if (!report.has_errors()) loaded.config = std::move(config);
    loaded.diagnostics = report.take();
    return loaded;
}

Loaded load_file(const std::string& path, const Environment& environment) {
    std::string problem;
    std::optional<std::string> text = environment.read_file(path, problem);
    if (text) return load_text(std::move(*text), path, environment);
    Loaded loaded;
    loaded.sources.emplace_back(path, "");
    Report report;
    report.error("file", {}, "cannot read the configuration: " + problem);
    loaded.diagnostics = report.take();
    return loaded;
}

}  // namespace corsd::config
