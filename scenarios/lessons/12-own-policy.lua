-- The policy of lesson 12: as many replicas as the requests will need `ahead_s` from now, if they go
-- on growing as they did lately; one fewer after each `patience_s` without need.

options = {requests = 40, ahead_s = 0, patience_s = 300}

function decide(observation, options, state)
    local now, current = observation.time_s, observation.current
    local held = observation.concurrent_requests + observation.waiting

    local growth = (held - (state.held or held)) / (now - (state.time or 0)) -- a second
    state.growth = 0.9 * (state.growth or 0) + 0.1 * growth -- smoothed, over a minute or so
    state.held, state.time = held, now

    local expected = held + math.max(0, state.growth) * options.ahead_s
    local wanted = math.ceil(expected / options.requests)
    if wanted >= current then
        state.needed = now
        return wanted, wanted > current and "growth" or "busy"
    end
    if now - (state.needed or 0) < options.patience_s then
        return current, "patience"
    end
    state.needed = now
    return current - 1, "quiet"
end
