#include "cli/flask_cors_paths.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>
#include <variant>

#include "base/wording.hpp"
#include "cli/flask_cors_pattern.hpp"
#include "route/path_pattern.hpp"
#include "route/resource_table.hpp"

namespace corsd::cli::flask_cors {

namespace {

/// What was in force on a route, and whether it was its own or the application's.
struct InForce {
    std::optional<Options> options;
    bool own = false;  // by @cross_origin, or by CORS() on its blueprint
};

class Placing {
  public:
    explicit Placing(const Export& found) : found_(found) {}

    std::vector<Placed> run() {
        own_routes();
        shadowed_routes();
        application();
        keep_order();
        return std::move(placed_);
    }

  private:
    [[nodiscard]] const Resource* of_application(const std::string& path) const {
        for (const Resource& resource : found_.resources) {
            if (resource.blueprint.empty() && flask_matches(resource.pattern, path)) return &resource;
        }
        return nullptr;
    }

    [[nodiscard]] InForce in_force(const Route& route) const {
        if (route.cross_origin) return {route.cross_origin, true};
        const std::string path = sample_of(route);
        for (const Resource& resource : found_.resources) {
            if (!resource.blueprint.empty() && resource.blueprint == route.blueprint &&
                flask_matches(resource.pattern, path)) {
                return {resource.options, true};
            }
        }
        const Resource* const resource = of_application(path);
        return {resource == nullptr ? std::nullopt : std::optional(resource->options), false};
    }

    /// Routes with settings of their own. Flask may have several routes of one path, told apart by their methods.
    void own_routes() {
        std::map<std::string, std::vector<const Route*>> by_pattern;
        for (const Route& route : found_.routes)
            by_pattern[pattern_of(route)].push_back(&route);
        for (const auto& [pattern, routes] : by_pattern) {
            if (std::none_of(routes.begin(), routes.end(), [&](const Route* route) { return in_force(*route).own; }))
                continue;
            Placed& placed = add(pattern);
            placed.route = routes.front();
            add_comment(placed.comments, "Route " + routes.front()->rule);
            if (pattern.ends_with("/*") && pattern != routes.front()->rule) {
                add_comment(placed.comments, "It takes in what is below as well.");
            }
            share(routes, placed);
        }
    }

    void share(const std::vector<const Route*>& routes, Placed& placed) const {
        for (const Route* const route : routes) {
            const std::optional<Options> options = in_force(*route).options;
            const auto same = std::find_if(placed.shares.begin(), placed.shares.end(),
                                           [&](const Share& one) { return one.options == options; });
            Share& share = same == placed.shares.end() ? placed.shares.emplace_back() : *same;
            share.options = options;
            for (const std::string& method : listed_methods(route->methods)) {
                const bool taken = std::any_of(placed.shares.begin(), placed.shares.end(), [&](const Share& one) {
                    return std::find(one.methods.begin(), one.methods.end(), method) != one.methods.end();
                });
                if (!taken) share.methods.push_back(method);
            }
        }
        if (placed.shares.size() > 1)
            std::erase_if(placed.shares, [](const Share& one) { return one.methods.empty(); });
        if (placed.shares.size() == 1) {
            placed.shares.front().methods.clear();
            return;
        }
        add_comment(
            placed.comments,
            "Routes of one path, each with its policy: Flask-CORS judged every preflight by one of them, corsd by "
            "the method that it asks for.");
        for (Share& one : placed.shares)
            narrow(one);
    }

    /// A share's methods are those of its routes that its options admit; where they admit none, all stay, for nobody.
    static void narrow(Share& share) {
        if (!share.options) return;
        const std::vector<std::string> admitted = listed_methods(share.options->methods);
        std::vector<std::string> kept;
        for (const std::string& method : share.methods) {
            if (std::find(admitted.begin(), admitted.end(), method) != admitted.end()) kept.push_back(method);
        }
        if (kept.empty())
            share.options.reset();
        else
            share.methods = std::move(kept);
    }

    /// A pattern of own_routes that ends in /* may take in routes that have another policy: they get their own entry.
    void shadowed_routes() {
        const std::size_t own = placed_.size();
        for (const Route& route : found_.routes) {
            const std::string pattern = pattern_of(route);
            if (has(pattern)) continue;
            const InForce here = in_force(route);
            for (std::size_t i = 0; i < own; ++i) {
                if (!matches(placed_[i].pattern, sample_of(route))) continue;
                if (placed_[i].shares.size() == 1 && placed_[i].shares.front().options == here.options) continue;
                Placed& placed = add(pattern);
                placed.route = &route;
                add_comment(placed.comments, "Route " + route.rule + ", which the settings of another would take in.");
                placed.shares.push_back({{}, here.options});
                break;
            }
        }
    }

    void application() {
        for (const Resource& resource : found_.resources) {
            if (!resource.blueprint.empty()) continue;
            Translated translated = translate(resource.pattern);
            if (!translated.pattern.empty() && covered(translated.pattern)) {
                Placed& placed = add("");
                add_comment(placed.comments,
                            resource.pattern.text + " was never reached: what stands before it matches all of it.");
                continue;
            }
            Placed& placed = add(std::move(translated.pattern));
            placed.comments = std::move(translated.comments);
            name_strays(resource, placed);
            placed.shares.push_back({{}, resource.options});
        }
    }

    /// Is there nothing left for a pattern, because what stands before it has it all? Said of what can be told.
    [[nodiscard]] bool covered(const std::string& pattern) const {
        const bool exact = pattern.front() == '/' && pattern.find('*') == std::string::npos;
        return std::any_of(placed_.begin(), placed_.end(), [&](const Placed& one) {
            if (one.pattern == pattern || (exact && matches(one.pattern, pattern))) return true;
            if (one.route || !one.pattern.ends_with("/*") || pattern.starts_with('~')) return false;
            return pattern.starts_with(one.pattern.substr(0, one.pattern.size() - 1));
        });
    }

    /// Routes that Flask-CORS took for the resource's because their path begins like it.
    void name_strays(const Resource& resource, Placed& placed) const {
        if (placed.pattern.empty()) return;
        std::string strays;
        for (const Route& route : found_.routes) {
            const std::string path = sample_of(route);
            if (of_application(path) != &resource || matches(placed.pattern, path)) continue;
            append_to_list(strays, route.rule);
        }
        if (strays.empty()) return;
        add_comment(placed.comments, std::string(kDecide) + "for Flask-CORS the expression " + resource.pattern.text +
                                         " also took in " + strays +
                                         ". If that was meant, give it a resource of its own.");
    }

    /// Globs win over expressions wherever they stand, and among each other the special one does (C5). So a glob that
    /// has to come after an expression is written as one: all globs of the application's that Flask-CORS tried after
    /// it, and all of the routes' when one of them would take what an expression is for.
    void keep_order() {
        const bool tied = ties();
        const bool routes = tied || std::any_of(placed_.begin(), placed_.end(), [&](const Placed& one) {
                                return one.route && one.pattern.starts_with('~') && glob_takes(sample_of(*one.route));
                            });
        if (routes) {
            std::stable_sort(placed_.begin(), placed_.end(),
                             [](const Placed& a, const Placed& b) { return rank(a) < rank(b); });
        }
        bool expressions = tied;
        for (Placed& placed : placed_) {
            if (placed.pattern.starts_with('~'))
                expressions = true;
            else if (expressions && is_glob(placed.pattern) && (routes || placed.route == nullptr)) {
                add_comment(placed.comments, placed.pattern + ", as an expression: its place in the file counts.");
                placed.pattern = as_expression(placed.pattern);
            }
        }
    }

    /// Patterns of routes of which C5 cannot say which one wins.
    [[nodiscard]] bool ties() const {
        std::vector<route::PathPattern> globs;
        for (const Placed& placed : placed_) {
            const auto parsed = route::PathPattern::parse(placed.pattern);
            if (const auto* const good = std::get_if<route::PathPattern>(&parsed)) globs.push_back(*good);
        }
        return !route::ResourceTable::ties(globs).empty();
    }
    [[nodiscard]] static bool is_glob(const std::string& pattern) {
        return pattern.starts_with('/') && pattern != "/*" && pattern.find('*') != std::string::npos;
    }
    [[nodiscard]] bool glob_takes(const std::string& path) const {
        return std::any_of(placed_.begin(), placed_.end(), [&](const Placed& one) {
            return one.route != nullptr && is_glob(one.pattern) && matches(one.pattern, path);
        });
    }
    /// Routes before the application's resources, their expressions first; their globs in the order of C5.
    [[nodiscard]] static std::array<int, 4> rank(const Placed& placed) {
        if (placed.route == nullptr) return {2, 0, 0, 0};
        if (!is_glob(placed.pattern)) return {0, 0, 0, 0};
        const auto slashes = [](std::string_view text) {
            return static_cast<int>(std::count(text.begin(), text.end(), '/'));
        };
        const auto stars = static_cast<int>(std::count(placed.pattern.begin(), placed.pattern.end(), '*'));
        const std::string_view before = std::string_view(placed.pattern).substr(0, placed.pattern.find('*'));
        return {1, -slashes(before), stars - slashes(placed.pattern), placed.pattern.ends_with('*') ? 1 : 0};
    }

    [[nodiscard]] bool has(const std::string& pattern) const {
        return std::any_of(placed_.begin(), placed_.end(), [&](const Placed& one) { return one.pattern == pattern; });
    }
    Placed& add(std::string pattern) {
        Placed& placed = placed_.emplace_back();
        placed.pattern = std::move(pattern);
        return placed;
    }

    const Export& found_;
    std::vector<Placed> placed_;
};

}  // namespace

std::vector<Placed> place_resources(const Export& found) {
    return Placing(found).run();
}

}  // namespace corsd::cli::flask_cors
