#include "telemetry/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>

#include <array>
#include <csignal>
#include <memory>
#include <mutex>
#include <utility>

#include "base/json_text.hpp"
#include "telemetry/plain_text.hpp"
#include "telemetry/timestamp.hpp"

namespace corsd::telemetry {

namespace {

std::atomic<std::uint64_t> lost_lines{0};

std::string_view name_of(spdlog::level::level_enum level) noexcept {
    switch (level) {
        case spdlog::level::trace:
            return "trace";
        case spdlog::level::debug:
            return "debug";
        case spdlog::level::info:
            return "info";
        case spdlog::level::warn:
            return "warn";
        default:
            return "error";
    }
}

spdlog::level::level_enum to_spdlog(Level level) noexcept {
    constexpr std::array kLevels{spdlog::level::trace, spdlog::level::debug, spdlog::level::info,
                                 spdlog::level::warn,  spdlog::level::err,   spdlog::level::off};
    return kLevels[static_cast<std::size_t>(level)];
}

/// Formats and writes lines on an Output. spdlog's own file sinks block on a stalled pipe, tear lines on a full disk,
/// and cannot escape what they print, so the sink is ours; base_sink holds the mutex around every call.
class LineSink final : public spdlog::sinks::base_sink<std::mutex> {
  public:
    LineSink(Output output, LineFormat format) : output_(std::move(output)), format_(output_.resolve(format)) {}

    std::optional<std::string> reopen() {
        const std::lock_guard lock(mutex_);
        return output_.reopen();
    }

  protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        const std::string_view text(message.payload.data(), message.payload.size());
        std::array<char, Timestamp::kSize> time{};
        (void)timestamp_.write(time.data(), message.time);
        line_.clear();
        if (format_ == LineFormat::json) {
            line_.append(R"({"time":")").append(time.data(), time.size());
            line_.append(R"(","level":")").append(name_of(message.level)).append(R"(","message":)");
            append_json_string(line_, text);
            line_ += "}\n";
        } else {
            line_.append(time.data(), time.size()).append(" ").append(name_of(message.level)).append(" ");
            const std::size_t start = line_.size();
            line_.resize(start + plain_text_bound(text.size()));
            const char* const end = write_plain(line_.data() + start, text);
            line_.resize(static_cast<std::size_t>(end - line_.data()));
            line_ += '\n';
        }
        write_line();
    }
    void flush_() override {}

  private:
    void write_line() noexcept {
        std::string_view rest = line_;
        while (!rest.empty()) {
            const iovec piece{const_cast<char*>(rest.data()), rest.size()};
            const Written written = output_.write({&piece, 1});
            if (written.outcome != WriteOutcome::progress) {
                lost_lines.fetch_add(1, std::memory_order_relaxed);
                return;
            }
            rest.remove_prefix(written.bytes);
        }
    }

    Output output_;
    LineFormat format_;
    Timestamp timestamp_;
    std::string line_;  // kept, so that a line allocates nothing once it has grown
};

struct State {
    std::mutex mutex;
    std::shared_ptr<LineSink> sink;
    std::shared_ptr<spdlog::logger> logger;
};

/// Never destroyed: threads may still write while the process ends.
State& state() {
    static State* const instance = new State;
    return *instance;
}

void install(State& log, Output output, const LogSettings& settings) {
    auto sink = std::make_shared<LineSink>(std::move(output), settings.format);
    auto logger = std::make_shared<spdlog::logger>("corsd", sink);
    logger->set_level(spdlog::level::trace);  // log_threshold decides, before any lock
    logger->set_error_handler([](const std::string&) { lost_lines.fetch_add(1, std::memory_order_relaxed); });
    log.sink = std::move(sink);
    log.logger = std::move(logger);
    detail::log_threshold.store(settings.level, std::memory_order_relaxed);
}

std::shared_ptr<spdlog::logger> current_logger() {
    State& log = state();
    const std::lock_guard lock(log.mutex);
    if (log.logger == nullptr) {
        Output output;
        if (output.open("stderr")) return nullptr;
        install(log, std::move(output), LogSettings{});
    }
    return log.logger;
}

}  // namespace

std::optional<Level> level_from(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 6> kNames{"trace", "debug", "info", "warn", "error", "off"};
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (kNames[i] == name) return static_cast<Level>(i);
    }
    return std::nullopt;
}

std::optional<std::string> log_open(const LogSettings& settings) {
    Output output;
    if (auto error = output.open(settings.output)) return error;
    std::signal(SIGPIPE, SIG_IGN);
    State& log = state();
    const std::lock_guard lock(log.mutex);
    install(log, std::move(output), settings);
    return std::nullopt;
}

std::optional<std::string> log_reopen() {
    State& log = state();
    const std::lock_guard lock(log.mutex);
    return log.sink == nullptr ? std::nullopt : log.sink->reopen();
}

void log_write(Level level, std::string_view message) noexcept {
    if (!log_enabled(level)) return;
    try {
        if (const auto logger = current_logger()) {
            logger->log(to_spdlog(level), spdlog::string_view_t(message.data(), message.size()));
        }
    } catch (...) {  // no memory, or a broken mutex: a log line is not worth more than the process
        lost_lines.fetch_add(1, std::memory_order_relaxed);
    }
}

std::uint64_t log_lost() noexcept {
    return lost_lines.load(std::memory_order_relaxed);
}

}  // namespace corsd::telemetry
