-- wrk's script: sends the raw requests of a file (one after the other, a NUL after each) in turn and prints its result as JSON.
--   wrk ... -s load.lua URL -- FILE [verify]
-- With `verify` every answer is looked at: its status and its Access-Control-Allow-Origin. That costs time, so it is not timed.
local requests, count, turn = {}, 0, 0
local threads = {}

function setup(thread)
    threads[#threads + 1] = thread
end

function init(args)
    local file = assert(io.open(args[1], "rb"))
    for raw in file:read("*a"):gmatch("[^%z]+") do
        count = count + 1
        requests[count] = raw
    end
    file:close()
    answers, without_acao, wrong_status = 0, 0, 0
    if args[2] == "verify" then
        response = function(status, headers)
            answers = answers + 1
            local found = 0
            for name in pairs(headers) do
                if name:lower() == "access-control-allow-origin" then found = found + 1 end
            end
            if found ~= 1 then without_acao = without_acao + 1 end
            if status ~= 200 and status ~= 204 then wrong_status = wrong_status + 1 end
        end
    end
end

function request()
    turn = turn % count + 1
    return requests[turn]
end

function done(summary, latency)
    local seen = {answers = 0, without_acao = 0, wrong_status = 0}
    for _, thread in ipairs(threads) do
        for name, sum in pairs(seen) do seen[name] = sum + (thread:get(name) or 0) end
    end
    local errors = summary.errors
    io.write(string.format('\nRESULT {"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"status_errors":%d,"socket_errors":%d,' ..
        '"timeouts":%d,"answers":%d,"without_acao":%d,"wrong_status":%d}\n',
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.status,
        errors.connect + errors.read + errors.write, errors.timeout, seen.answers, seen.without_acao, seen.wrong_status))
end
