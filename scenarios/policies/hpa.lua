-- The rule of Kubernetes' horizontal pod autoscaler for requests per pod, without `behavior`: ceil(pods * average /
-- target), left alone within the tolerance; pods that start count as idle on the way up; down to the largest of the last
-- five minutes, up to twice as many. With the same options it decides like the built-in `hpa`. A beginning for variants.
--   "policy": {"lua": "hpa.lua", "maxReplicas": 8, "target": 16}, "at_zero": "hold",
--   "autoscaling": {"min_replica_count": 1, "max_replica_count": 8, "evaluation_interval": "15s"}

options = {minReplicas = 1, maxReplicas = 1, target = 8, tolerance = 0.1, downscale_stabilization = 300} -- of s

local starting = {pending_scheduling = true, downloading_model = true, initializing = true, ready = true}

local function is_within(ratio, options)
    return 1 - options.tolerance <= ratio and ratio <= 1 + options.tolerance
end

-- In thousandths, cut off, as Kubernetes reckons.
local function ratio_of(held, pods, options)
    local average = held * 1000 // pods
    return average / math.ceil(options.target * 1000 - 1e-6), average / 1000
end

-- What the pods ask for, and their average. nil: no pod has been measured.
local function propose(observation, options)
    local held, ready, unready, current = 0, 0, 0, observation.current
    for _, replica in ipairs(observation.replicas) do
        if replica.state == "serving" then
            held, ready = held + replica.running + replica.queued, ready + 1
        elseif starting[replica.state] then
            unready = unready + 1
        end
    end
    if ready == 0 then
        return nil
    end
    local ratio, average = ratio_of(held, ready, options)
    if unready == 0 or ratio <= 1 then
        return is_within(ratio, options) and current or math.ceil(ratio * ready), average
    end
    local again = ratio_of(held, ready + unready, options) -- as if those that start held nothing
    local wanted = math.ceil(again * (ready + unready))
    if is_within(again, options) or again < 1 or wanted < current then
        return current, average
    end
    return wanted, average
end

-- The largest proposal of the window. What is outdated makes room, one a pass.
local function stabilize(log, now, window, proposed)
    local largest, slot = proposed, #log + 1
    for i, past in ipairs(log) do
        if now - past.time > window then
            slot = i
        elseif past.replicas > largest then
            largest = past.replicas
        end
    end
    log[slot] = {time = now, replicas = proposed}
    return largest
end

function decide(observation, options, state)
    local current = observation.current
    if current == 0 and options.minReplicas ~= 0 then
        return 0, "disabled_at_zero"
    elseif current > options.maxReplicas then
        return options.maxReplicas, "above_max"
    elseif current < options.minReplicas and current > 0 then
        return options.minReplicas, "below_min"
    end
    local proposed, average = propose(observation, options)
    if not proposed then
        return {target = current, recommended = 0, reason = "hold_metrics_failed"}
    end
    state.log = state.log or {}
    local stabilized = stabilize(state.log, observation.time_s, options.downscale_stabilization, proposed)
    local most = math.min(options.maxReplicas, math.max(4, 2 * current))
    local target = math.max(options.minReplicas, math.min(stabilized, most))
    local reason = target > current and "scale_up" or target < current and "scale_down" or
        proposed == current and "hold_on_target" or stabilized == current and "hold_stabilized" or "hold_limited"
    return {target = target, recommended = proposed, reason = reason,
            terms = {{key = "requests", measured = average, target = options.target, wanted = proposed}}}
end
