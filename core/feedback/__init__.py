"""Looking at photos before training: safe decoding, measurements, findings, fixes. It knows no database."""
