<?php
// Signs order.json, or the file that is named, and posts it. Needs PHP 8 with curl: php send.php
// WEBHOOK_URL and WEBHOOK_SECRET are what POST /v1/connections answered.
declare(strict_types=1);

/** Posts one body; where the service cannot store it, sends it again. */
function send(string $body, string $url, string $secret): string
{
    foreach ([0, 1, 5, 30] as $wait) {
        sleep($wait);
        // The signature is over the timestamp, a point and the raw bytes of the body.
        $now = (string) time();
        $mac = hash_hmac('sha256', $now . '.' . $body, $secret);
        $call = curl_init($url);
        curl_setopt_array($call, [
            CURLOPT_POST => true,
            CURLOPT_POSTFIELDS => $body,
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_TIMEOUT => 10,
            CURLOPT_HTTPHEADER => ['Content-Type: application/json', "X-Timestamp: $now", "X-Signature: sha256=$mac"],
        ]);
        $answer = curl_exec($call);
        $status = curl_getinfo($call, CURLINFO_RESPONSE_CODE);
        if ($status === 200) {
            return $answer;
        }
        if ($status !== 0 && $status !== 429 && $status !== 503) {
            throw new RuntimeException("$status: $answer");
        }
    }
    throw new RuntimeException('not stored: send it again later');
}

$file = $argv[1] ?? __DIR__ . '/order.json';
echo send(file_get_contents($file), getenv('WEBHOOK_URL'), getenv('WEBHOOK_SECRET')), "\n";
