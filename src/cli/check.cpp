#include <cstdio>

#include "cli/commands.hpp"
#include "cli/diagnostics.hpp"
#include "config/load.hpp"

namespace corsd::cli {

namespace {

void print_hosts(const config::Config& config) {
    for (const config::Site& site : config.sites) {
        std::string hosts = site.public_origin.empty() ? "" : " " + site.public_origin;
        for (const std::string& host : site.hosts)
            hosts += " " + host;
        const std::string name = site.name.empty() ? "the site" : "site " + site.name;
        std::printf("%s answers for%s\n", name.c_str(), hosts.empty() ? " every host" : hosts.c_str());
    }
}

}  // namespace

int check(const std::string& file) {
    const config::Loaded loaded = config::load_file(file, config::system_environment());
    print_diagnostics(loaded);
    if (!loaded.ok()) return kBadConfig;
    print_hosts(*loaded.config);
    std::printf("%s: ok\n", file.c_str());
    return kSuccess;
}

}  // namespace corsd::cli
