-- Requests with the headers a browser sends: servers pay for every header, and a bare request would hide that.
-- Arguments: METHOD, the size of the request body in bytes and the status of the answers, of which only is seen whether it is 400
-- or more. wrk adds Host, the tenth header, from the URL.
wrk.headers["User-Agent"] =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
wrk.headers["Accept"] =
  "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8"
wrk.headers["Accept-Language"] = "en-GB,en;q=0.9,de;q=0.8"
wrk.headers["Accept-Encoding"] = "gzip, deflate, br, zstd"
wrk.headers["Referer"] = "http://127.0.0.1/account/orders?page=2"
wrk.headers["Cookie"] =
  "session=eyJ1c2VyIjo0MiwiY2FydCI6WzEsMiwzXX0.aR3xkw.k8mTn2Wc4QzV7yLb; csrftoken=Zt5pQ9rJ2sXv; theme=dark"
wrk.headers["Sec-Fetch-Dest"] = "document"
wrk.headers["Sec-Fetch-Mode"] = "navigate"
wrk.headers["Cache-Control"] = "max-age=0"

local thread

function setup(first)
  thread = first
end

function init(args)
  wrk.method = args[1]
  local size = tonumber(args[2])
  status = tonumber(args[3])
  if size > 0 then
    wrk.headers["Content-Type"] = "application/octet-stream"
    wrk.body = string.rep("x", size)
  end
end

function done(summary, latency)
  local errors = summary.errors
  local bad = thread:get("status") < 400 and errors.status or summary.requests - errors.status
  io.write(string.format(
    'RESULT {"answers":%d,"durationUs":%d,"p50Us":%d,"p99Us":%d,"badAnswers":%d,"socketErrors":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), bad,
    errors.connect + errors.read + errors.write + errors.timeout))
end
