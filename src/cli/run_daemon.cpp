#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include "cli/commands.hpp"
#include "cli/diagnostics.hpp"
#include "config/load.hpp"
#include "config/snapshot.hpp"
#include "ops/logs.hpp"
#include "ops/server.hpp"
#include "telemetry/log.hpp"

namespace corsd::cli {

namespace {

[[nodiscard]] config::Loaded load(const ConfigChoice& choice) {
    const config::Environment environment = config::system_environment();
    if (!choice.file.empty()) return config::load_file(choice.file, environment);
    return config::load_text(config::quick_config(choice.upstream, choice.origins, choice.listen), "(command line)",
                             environment);
}

[[nodiscard]] int fail(const std::string& message) {
    std::fprintf(stderr, "corsd: %s\n", message.c_str());
    return kFailure;
}

}  // namespace

int run_daemon(const ConfigChoice& choice) {
    config::Loaded loaded = load(choice);
    print_diagnostics(loaded);
    if (!loaded.ok()) return kBadConfig;
    if (const auto error = telemetry::log_open(ops::diagnostic_log(loaded.config->log))) return fail(*error);
    ops::Loader::Load reload;
    if (!choice.file.empty()) reload = [choice] { return load(choice); };
    ops::Server server(std::make_shared<const config::Snapshot>(std::move(*loaded.config)), std::move(reload));
    if (const std::string error = server.start(); !error.empty()) return fail(error);
    server.run();
    // The end of main destroys what a thread that still reads the configuration works with.
    if (server.hangs()) std::_Exit(kSuccess);
    return kSuccess;
}

int print_config(const ConfigChoice& choice) {
    const config::Loaded loaded = load(choice);
    print_diagnostics(loaded);
    if (!loaded.ok()) return kBadConfig;
    std::fputs(config::quick_config(choice.upstream, choice.origins, choice.listen).c_str(), stdout);
    return kSuccess;
}

}  // namespace corsd::cli
